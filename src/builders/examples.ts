import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { ExampleRule, LabelRule } from '../core/recipe.js';
import type { UserSequence } from './user-sequences.js';

/** A question to the model: after this history, what of the target? */
export interface Example {
  readonly userId: string;
  readonly history: readonly Interaction[]; // oldest first
  readonly target: Interaction;
  readonly fromLast: number; // 0: the last example of its user, 1: the one before
}

/** How many examples a user with so many interactions gives, before keepLast. */
export function countExamples(interactions: number, rule: ExampleRule): number {
  switch (rule.kind) {
    case 'sliding-window':
      return Math.max(0, interactions - rule.history);
    case 'last-item':
      return interactions >= rule.minInteractions ? 1 : 0;
    case 'each-interaction':
      return Math.max(0, interactions - rule.minHistory);
  }
}

/**
 * Makes examples by the recipe's rule, user by user, in the order of the sequences.
 *
 * recipeFile  what errors name
 * throws      RectuneError 'usage' when the rule keeps more examples than the log gives
 */
export function* makeExamples(
  sequences: readonly UserSequence[],
  rule: ExampleRule,
  recipeFile: string,
): Generator<Example, void> {
  let skipped = leftOut(sequences, rule, `${recipeFile}: examples.keepLast`); // of all, joined; they are not made either
  for (const sequence of sequences) {
    const own = countExamples(sequence.interactions.length, rule);
    const first = Math.min(skipped, own);
    skipped -= first;
    for (let i = first; i < own; i++) yield { ...exampleAt(sequence, rule, i), fromLast: own - 1 - i };
  }
}

/** How many examples from the front keepLast leaves out. */
function leftOut(sequences: readonly UserSequence[], rule: ExampleRule, where: string): number {
  if (rule.kind !== 'sliding-window' || rule.keepLast === null) return 0;
  const total = sequences.reduce((sum, { interactions }) => sum + countExamples(interactions.length, rule), 0);
  if (rule.keepLast <= total) return total - rule.keepLast;
  const what = `the recipe keeps the last ${rule.keepLast} examples, and the log gives ${total}`;
  throw new RectuneError('usage', what, where, `lower it to ${total} at most, or import a longer log`);
}

function exampleAt({ userId, interactions }: UserSequence, rule: ExampleRule, i: number): Omit<Example, 'fromLast'> {
  switch (rule.kind) {
    case 'sliding-window': {
      const target = interactions[i + rule.history] as Interaction;
      return { userId, history: interactions.slice(i, i + rule.history), target };
    }
    case 'last-item': {
      const before = interactions.slice(0, -1);
      const history = rule.take === 'first' ? before.slice(0, rule.history) : before.slice(-rule.history);
      return { userId, history, target: interactions.at(-1) as Interaction };
    }
    case 'each-interaction': {
      const at = i + rule.minHistory;
      const history = interactions.slice(Math.max(0, at - rule.history), at);
      return { userId, history, target: interactions[at] as Interaction };
    }
  }
}

/** Whether an interaction counts as liked. Throws RectuneError 'data' when the rule needs something that it has not. */
export function isLiked(interaction: Interaction, rule: LabelRule): boolean {
  switch (rule.kind) {
    case 'rating-above': {
      if (interaction.rating !== null) return interaction.rating > rule.threshold;
      const fix = 'give source.yaml a rating column, or choose another label rule';
      throw new RectuneError('data', 'an interaction has no rating', `line ${interaction.logIndex} of the log`, fix);
    }
    case 'attribute-above': {
      const text = attributeOf(interaction, rule.attribute).trim();
      const value = Number(text);
      if (text !== '' && Number.isFinite(value)) return value > rule.threshold;
      const what = `the attribute "${rule.attribute}" is ${JSON.stringify(text)} and no number`;
      const fix = 'name an attribute of numbers in the label rule, or correct the log';
      throw new RectuneError('data', what, `line ${interaction.logIndex} of the log`, fix);
    }
    case 'attribute-in':
      return rule.liked.includes(attributeOf(interaction, rule.attribute));
    case 'implicit':
      return true;
  }
}

function attributeOf({ attributes, logIndex }: Interaction, name: string): string {
  const value = attributes[name];
  if (value !== undefined) return value;
  const fix = `map it in source.yaml: interactions: {attributes: {${name}: COLUMN}}; it has ${Object.keys(attributes).join(', ') || 'none'}`;
  throw new RectuneError('data', `an interaction has no attribute "${name}"`, `line ${logIndex} of the log`, fix);
}
