import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { ExampleRule, LabelRule } from '../core/recipe.js';
import { allowedTargets } from './allowed-targets.js';
import type { UserSequences } from './user-sequences.js';

/** A question to the model: after this history, what of the target? */
export interface Example {
  readonly userId: string;
  readonly history: readonly Interaction[]; // oldest first
  readonly target: Interaction;
  readonly fromLast: number; // 0: the last example of its user, 1: the one before
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
    const own = targetsOf(sequences, user, rule);
    const first = Math.min(skipped, own.size);
    skipped -= first;
    for (let i = first; i < own.size; i++) {
      const target = own.at(i);
      const { begin, end } = historyOf(target, rule);
      yield { user, begin, end, target, fromLast: own.size - 1 - i };
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
  return countAll(sequences, rule) - leftOut(sequences, rule, `${recipeFile}: examples.keepLast`);
}

/** How many examples from the front keepLast leaves out. */
function leftOut(sequences: UserSequences, rule: ExampleRule, where: string): number {
  if (rule.kind !== 'sliding-window' || rule.keepLast === null) return 0;
  const total = countAll(sequences, rule);
  if (rule.keepLast <= total) return total - rule.keepLast;
  const what = `the recipe keeps the last ${rule.keepLast} examples, and the log gives ${total}`;
  throw new RectuneError('usage', what, where, `lower it to ${total} at most, or import a longer log`);
}

function countAll(sequences: UserSequences, rule: ExampleRule): number {
  let total = 0;
  for (let user = 0; user < sequences.users; user++) total += targetsOf(sequences, user, rule).size;
  return total;
}

/** Places of a user's targets, in the user's order. */
interface Targets {
  readonly size: number;
  at(i: number): number;
}

function targetsOf(sequences: UserSequences, user: number, rule: ExampleRule): Targets {
  const first = firstTarget(rule);
  const isLast = rule.kind === 'last-item';
  if (rule.targets === undefined) {
    const last = sequences.count(user) - 1;
    if (isLast) return { size: last < first ? 0 : 1, at: () => last };
    return { size: Math.max(0, last + 1 - first), at: (i) => first + i };
  }
  const places = allowedTargets(sequences, rule.targets).places(user, first);
  const taken = isLast ? places.slice(-1) : places;
  return { size: taken.length, at: (i) => taken[i] as number };
}

/** The first place of a user that can be a target, by what must stand before it. */
function firstTarget(rule: ExampleRule): number {
  switch (rule.kind) {
    case 'sliding-window':
      return rule.history;
    case 'last-item':
      return rule.minInteractions - 1;
    case 'each-interaction':
      return rule.minHistory;
  }
}

function historyOf(target: number, rule: ExampleRule): Pick<ExamplePlace, 'begin' | 'end'> {
  if (rule.kind === 'last-item' && rule.take === 'first') return { begin: 0, end: Math.min(target, rule.history) };
  return { begin: Math.max(0, target - rule.history), end: target };
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
