import type { Item } from '../../core/interaction.js';
import type { LabelRule } from '../../core/recipe.js';
import { TASKS } from '../../core/template.js';
import type { Roles } from '../column-roles.js';
import { isLiked } from '../examples.js';
import type { Template } from '../load-template.js';
import { reviewOf } from '../slots/need.js';
import type { UserSequences } from '../user-sequences.js';
import type { ProofLog, ProofTemplate, ProvenInteraction } from './leak.js';

/** The log as the proof sees it: one user at a time, because rows come user by user. */
export function proofLog(
  sequences: UserSequences,
  items: ReadonlyMap<string, Item>,
  label: LabelRule,
  roles: Roles,
): ProofLog {
  let own: readonly ProvenInteraction[] = [];
  let user: string | undefined; // whose these are
  const lines = new Map<number, ProvenInteraction>();
  let met: Map<string, ProvenInteraction[]> | undefined; // by item; most rows do not ask
  const known = new Map<string, readonly string[]>();
  const formsOf = (itemId: string): readonly string[] => {
    const before = known.get(itemId);
    if (before !== undefined) return before;
    const made = printedForms(items.get(itemId)?.title ?? '');
    known.set(itemId, made);
    return made;
  };
  const of = (userId: string): readonly ProvenInteraction[] => {
    if (userId === user) return own;
    const place = sequences.userOf(userId);
    const interactions = place === undefined ? [] : sequences.sequence(place).interactions;
    lines.clear();
    met = undefined;
    user = userId;
    own = interactions.map((one, position): ProvenInteraction => {
      const { itemId, timestamp, logIndex } = one;
      const liked = isLiked(one, label);
      const [review, title, forms] = [reviewOf(one, roles), items.get(itemId)?.title, formsOf(itemId)];
      const proven = { userId, itemId, position, timestamp, liked, review, title, forms };
      lines.set(logIndex, proven);
      return proven;
    });
    return own;
  };
  return {
    line(logIndex) {
      const known = lines.get(logIndex);
      if (known !== undefined) return known;
      const user = sequences.userAt(logIndex);
      if (user === undefined) return undefined;
      of(sequences.userId(user));
      return lines.get(logIndex);
    },
    title: (itemId) => items.get(itemId)?.title,
    forms: formsOf,
    of,
    metBy(userId) {
      const interactions = of(userId);
      met ??= byItem(interactions);
      return met;
    },
  };
}

function byItem(interactions: readonly ProvenInteraction[]): Map<string, ProvenInteraction[]> {
  const met = new Map<string, ProvenInteraction[]>();
  for (const one of interactions) {
    const before = met.get(one.itemId);
    if (before) before.push(one);
    else met.set(one.itemId, [one]);
  }
  return met;
}

/** How helpers print a title: as it is, with quotes changed, with its article moved. */
function printedForms(title: string): string[] {
  const moved = title.replace(/^(.*), (\p{L}+'?)( \(.*)?$/u, (_, rest, article, behind = '') => {
    return `${article}${article.endsWith("'") ? '' : ' '}${rest}${behind}`;
  });
  const forms = [
    title,
    title.replaceAll('"', "'"),
    moved,
    moved.replaceAll('"', "'"),
    title.replace(/\s+/gu, ' ').trim(),
  ];
  return [...new Set(forms)];
}

export function proofTemplates(templates: readonly Template[]): Map<string, ProofTemplate> {
  return new Map(
    templates.map(({ head, slots, promptSlots, labels }) => [
      head.id,
      {
        promptSlots,
        asksForItem: TASKS[head.task].alternatives === 'candidates',
        evaluationOnly: head.evaluationOnly,
        labels: labels && !slots.has('reasoning') ? labels : null,
      },
    ]),
  );
}
