import type { Item } from '../../core/interaction.js';
import type { LabelRule } from '../../core/recipe.js';
import { TASKS } from '../../core/template.js';
import type { Roles } from '../column-roles.js';
import { isLiked } from '../examples.js';
import type { Template } from '../load-template.js';
import { reviewOf } from '../slots/need.js';
import type { UserSequence } from '../user-sequences.js';
import type { ProofLog, ProofTemplate, ProvenInteraction } from './leak.js';

/** The log as the proof sees it. */
export function proofLog(
  sequences: readonly UserSequence[],
  items: ReadonlyMap<string, Item>,
  label: LabelRule,
  roles: Roles,
): ProofLog {
  const lines = new Map<number, ProvenInteraction>();
  const users = new Map<string, ProvenInteraction[]>();
  for (const { userId, interactions } of sequences) {
    const own = interactions.map((one, position): ProvenInteraction => {
      const { itemId, timestamp } = one;
      return { userId, itemId, position, timestamp, liked: isLiked(one, label), review: reviewOf(one, roles) };
    });
    users.set(userId, own);
    interactions.forEach(({ logIndex }, i) => {
      lines.set(logIndex, own[i] as ProvenInteraction);
    });
  }
  return {
    line: (logIndex) => lines.get(logIndex),
    title: (itemId) => items.get(itemId)?.title,
    of: (userId) => users.get(userId) ?? [],
  };
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
