import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { ExampleRule, LabelRule } from '../core/recipe.js';
import type { UserSequence } from './user-sequences.js';

/** A question to the model: after this history, does the user like the target? */
export interface Example {
  readonly userId: string;
  readonly history: readonly Interaction[]; // oldest first
  readonly target: Interaction;
}

/**
 * Makes examples by the recipe's rule, user by user, in the order of the sequences.
 *
 * recipeFile  what errors name
 * throws      RectuneError 'usage' when the rule keeps more examples than the log gives
 */
export function makeExamples(sequences: readonly UserSequence[], rule: ExampleRule, recipeFile: string): Example[] {
  switch (rule.kind) {
    case 'sliding-window':
      return slidingWindows(sequences, rule.history, rule.keepLast, `${recipeFile}: examples.keepLast`);
    case 'last-item':
      return lastItems(sequences, rule);
  }
}

/**
 * Every run of `history` interactions of a user with the interaction after it. Users with fewer than history + 1 give none.
 *
 * keepLast  keeps the last so many of all windows, joined user by user; null: all
 * where     the rule's place, for the error when there are fewer
 */
function slidingWindows(
  sequences: readonly UserSequence[],
  history: number,
  keepLast: number | null,
  where: string,
): Example[] {
  const counts = sequences.map(({ interactions }) => Math.max(0, interactions.length - history));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (keepLast !== null && keepLast > total) {
    const what = `the recipe keeps the last ${keepLast} examples, and the log gives ${total}`;
    throw new RectuneError('usage', what, where, `lower it to ${total} at most, or import a longer log`);
  }
  let skipped = keepLast === null ? 0 : total - keepLast; // most windows of a long log are not kept: they are not made either
  const examples: Example[] = [];
  sequences.forEach(({ userId, interactions }, user) => {
    const own = counts[user] ?? 0;
    const first = Math.min(skipped, own);
    skipped -= first;
    for (let begin = first; begin < own; begin++) {
      const end = begin + history;
      examples.push({ userId, history: interactions.slice(begin, end), target: interactions[end] as Interaction });
    }
  });
  return examples;
}

/** One example a user: the last interaction is the target, some of those before it the history. */
function lastItems(
  sequences: readonly UserSequence[],
  rule: { history: number; take: 'first' | 'latest'; minInteractions: number },
): Example[] {
  return sequences
    .filter(({ interactions }) => interactions.length >= rule.minInteractions)
    .map(({ userId, interactions }) => {
      const before = interactions.slice(0, -1);
      const history = rule.take === 'first' ? before.slice(0, rule.history) : before.slice(-rule.history);
      return { userId, history, target: interactions.at(-1) as Interaction };
    });
}

/** Whether an interaction counts as liked. Throws RectuneError 'data' when the rule needs a rating and there is none. */
export function isLiked(interaction: Interaction, rule: LabelRule): boolean {
  switch (rule.kind) {
    case 'rating-above': {
      if (interaction.rating !== null) return interaction.rating > rule.threshold;
      const fix = 'give source.yaml a rating column, or choose another label rule';
      throw new RectuneError('data', 'an interaction has no rating', `line ${interaction.logIndex} of the log`, fix);
    }
  }
}
