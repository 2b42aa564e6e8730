import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { ExampleRule, LabelRule } from '../core/recipe.js';
import type { UserSequences } from './user-sequences.js';

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

/** Where an example stands in its user's order: the history from `begin` up to `end`, and the target. */
export interface ExamplePlace {
  readonly user: number;
  readonly begin: number;
  readonly end: number;
  readonly target: number;
  readonly fromLast: number;
}

/**
 * Places of the examples that the recipe's rule makes, user by user.
 *
 * recipeFile  what errors name
 * throws      RectuneError 'usage' when the rule keeps more examples than the log gives
 */
export function* examplePlaces(
  sequences: UserSequences,
  rule: ExampleRule,
  recipeFile: string,
): Generator<ExamplePlace, void> {
  let skipped = leftOut(sequences, rule, `${recipeFile}: examples.keepLast`); // of all, joined; they are not made either
  for (let user = 0; user < sequences.users; user++) {
    const count = sequences.count(user);
    const own = countExamples(count, rule);
    const first = Math.min(skipped, own);
    skipped -= first;
    for (let i = first; i < own; i++) {
      const { begin, end, target } = placeAt(count, rule, i);
      yield { user, begin, end, target, fromLast: own - 1 - i };
    }
  }
}

/** The example that stands at a place. */
export function exampleAt(sequences: UserSequences, { user, begin, end, target, fromLast }: ExamplePlace): Example {
  const { userId, interactions } = sequences.sequence(user);
  return { userId, history: interactions.slice(begin, end), target: interactions[target] as Interaction, fromLast };
}

/** How many examples there are. Throws as examplePlaces() does. */
export function exampleCount(sequences: UserSequences, rule: ExampleRule, recipeFile: string): number {
  let total = 0;
  for (let user = 0; user < sequences.users; user++) total += countExamples(sequences.count(user), rule);
  return total - leftOut(sequences, rule, `${recipeFile}: examples.keepLast`);
}

/** How many examples from the front keepLast leaves out. */
function leftOut(sequences: UserSequences, rule: ExampleRule, where: string): number {
  if (rule.kind !== 'sliding-window' || rule.keepLast === null) return 0;
  let total = 0;
  for (let user = 0; user < sequences.users; user++) total += countExamples(sequences.count(user), rule);
  if (rule.keepLast <= total) return total - rule.keepLast;
  const what = `the recipe keeps the last ${rule.keepLast} examples, and the log gives ${total}`;
  throw new RectuneError('usage', what, where, `lower it to ${total} at most, or import a longer log`);
}

/** Example i of a user of so many interactions. */
function placeAt(interactions: number, rule: ExampleRule, i: number): Omit<ExamplePlace, 'user' | 'fromLast'> {
  switch (rule.kind) {
    case 'sliding-window':
      return { begin: i, end: i + rule.history, target: i + rule.history };
    case 'last-item': {
      const target = interactions - 1;
      return rule.take === 'first'
        ? { begin: 0, end: Math.min(target, rule.history), target }
        : { begin: Math.max(0, target - rule.history), end: target, target };
    }
    case 'each-interaction': {
      const target = i + rule.minHistory;
      return { begin: Math.max(0, target - rule.history), end: target, target };
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
