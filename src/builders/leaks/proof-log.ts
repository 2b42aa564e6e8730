import type { Item } from '../../core/interaction.js';
import type { LabelRule } from '../../core/recipe.js';
import { mayBeTarget, type TargetRule } from '../../core/target-rule.js';
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
  targets?: TargetRule,
): ProofLog {
  let own: readonly ProvenInteraction[] = [];
  let user: string | undefined; // whose these are
  let lines: Map<number, ProvenInteraction> | undefined; // most lines are asked for in the user's order
  let met: Map<string, ProvenInteraction[]> | undefined; // by item; most rows do not ask
  const known = new Map<string, PrintedItem>();
  const printed = (itemId: string): PrintedItem => {
    const before = known.get(itemId);
    if (before !== undefined) return before;
    const title = items.get(itemId)?.title;
    const { buffer } = Uint8Array.from(Buffer.from(title ?? ''));
    const made = { title, titleBytes: new DataView(buffer), forms: printedForms(title ?? '') };
    known.set(itemId, made);
    return made;
  };
  const knownAt = new Array<PrintedItem | undefined>(sequences.itemCount); // the same by position
  const printedAt = (position: number, itemId: string): PrintedItem => {
    const made = knownAt[position] ?? printed(itemId);
    knownAt[position] = made;
    return made;
  };
  let lastPosition = -1; // of the line that was asked for last
  let lastBegin = -1; // of the last line that did not follow the one before: a history begins there, and the next one behind it
  const of = (userId: string): readonly ProvenInteraction[] => {
    if (userId === user) return own;
    const place = sequences.userOf(userId);
    const interactions = place === undefined ? [] : sequences.sequence(place).interactions;
    const items = place === undefined ? [] : sequences.rows(place).items;
    lines = undefined;
    lastPosition = -1;
    lastBegin = -1;
    met = undefined;
    user = userId;
    own = interactions.map((one, position): ProvenInteraction => {
      const { itemId, timestamp, logIndex } = one;
      const liked = isLiked(one, label);
      const { title, titleBytes, forms } = printedAt(items[position] as number, itemId);
      const review = reviewOf(one, roles);
      const may = targets === undefined || mayBeTarget(one, targets);
      // Named one by one: objects that begin with a spread took a half of the time of a build to make and to read.
      return {
        userId,
        itemId,
        line: logIndex,
        position,
        timestamp,
        liked,
        mayBeTarget: may,
        review,
        title,
        titleBytes,
        forms,
      };
    });
    return own;
  };
  const ownLine = (logIndex: number): ProvenInteraction | undefined => {
    lines ??= new Map(own.map((one) => [one.line, one]));
    return lines.get(logIndex);
  };
  return {
    line(logIndex) {
      const next = own[lastPosition + 1];
      if (next?.line === logIndex) {
        lastPosition = next.position;
        return next;
      }
      const slid = own[lastBegin + 1];
      let known = slid?.line === logIndex ? slid : ownLine(logIndex);
      if (known === undefined) {
        const user = sequences.userAt(logIndex);
        if (user === undefined) return undefined;
        of(sequences.userId(user));
        known = ownLine(logIndex);
      }
      if (known !== undefined) {
        lastPosition = known.position;
        lastBegin = known.position;
      }
      return known;
    },
    title: (itemId) => items.get(itemId)?.title,
    forms: (itemId) => printed(itemId).forms,
    of,
    metBy(userId) {
      const interactions = of(userId);
      met ??= byItem(interactions);
      return met;
    },
  };
}

type PrintedItem = Pick<ProvenInteraction, 'title' | 'titleBytes' | 'forms'>;

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
