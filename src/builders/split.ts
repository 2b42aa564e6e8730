import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';
import { Random } from '../core/random.js';
import type { SplitRule, SplitSizes } from '../core/recipe.js';

/** What of an example decides its split. */
export interface Placed {
  readonly userId: string;
  readonly fromLast: number; // 0: the last example of its user
  readonly target: { readonly timestamp: number | null; readonly logIndex: number };
}

/** Examples in order, and how many they are where that is known without looking through them. */
export interface PlacedExamples extends Iterable<Placed> {
  readonly size?: number;
}

/**
 * Shares examples out to train, valid and test. Inside a split they keep their order.
 *
 * examples    looked through more than once, each time the same ones
 * times       of the interactions that the recipe lets in, ascending: the moments of global-time and rolling are among them
 * recipeFile  what errors name
 * returns     the split of each example; undefined: it is in none (rolling leaves out what is later than the fold's test)
 * throws      RectuneError 'usage' when sizes in rows do not add up to the examples there are, or a split would be empty,
 *             'data' when time decides and an interaction has none
 */
export function splitExamples(
  examples: PlacedExamples,
  rule: SplitRule,
  times: () => ArrayLike<number>,
  recipeFile: string,
): (Split | undefined)[] {
  const splits = placed(examples, rule, times, `${recipeFile}: split`);
  for (const split of SPLITS) {
    if (splits.includes(split)) continue;
    const what = `${split} would be empty: there are ${splits.length} examples`;
    throw new RectuneError('usage', what, `${recipeFile}: split.sizes`, 'change the sizes, or import a longer log');
  }
  return splits;
}

function placed(
  examples: PlacedExamples,
  rule: SplitRule,
  times: () => ArrayLike<number>,
  where: string,
): (Split | undefined)[] {
  switch (rule.kind) {
    case 'row-order': {
      const total = examples.size ?? count(examples);
      const [valid, test] = cuts(total, rule.sizes, `${where}.sizes`);
      return [...repeated('train', valid), ...repeated('valid', test - valid), ...repeated('test', total - test)];
    }
    case 'by-user': {
      const known = new Set<string>();
      for (const { userId } of examples) known.add(userId);
      const users = new Random(rule.seed, 'split by user').shuffle([...known]);
      const [valid, test] = cuts(users.length, rule.sizes, `${where}.sizes`);
      const place = new Map(users.map((user, i) => [user, i < valid ? 'train' : i < test ? 'valid' : 'test'] as const));
      return Array.from(examples, ({ userId }) => place.get(userId));
    }
    case 'leave-one-out':
      return Array.from(examples, ({ fromLast }) => (fromLast === 0 ? 'test' : fromLast === 1 ? 'valid' : 'train'));
    case 'global-time': {
      const all = times();
      const [valid, test] = cuts(all.length, rule.sizes, `${where}.sizes`);
      return byMoments(examples, all[valid] ?? Infinity, all[test] ?? Infinity, Infinity);
    }
    case 'rolling': {
      const { folds, fold } = rule;
      if (fold > folds) {
        const what = `there is no fold ${fold} of ${folds}`;
        throw new RectuneError('usage', what, `${where}.fold`, `choose one from 1 to ${folds}`);
      }
      const all = times();
      const moment = (parts: number): number => all[Math.floor((all.length * parts) / (folds + 2))] ?? Infinity;
      return byMoments(examples, moment(fold), moment(fold + 1), moment(fold + 2));
    }
  }
}

/** Targets before `valid` train, before `test` validate, before `end` test; equal times stay together. */
function byMoments(examples: Iterable<Placed>, valid: number, test: number, end: number): (Split | undefined)[] {
  return Array.from(examples, ({ target: { timestamp, logIndex } }) => {
    if (timestamp === null) {
      const fix = 'give source.yaml a timestamp column, or choose a split that is not by time';
      throw new RectuneError('data', 'an interaction has no timestamp', `line ${logIndex} of the log`, fix);
    }
    if (timestamp >= end) return undefined;
    return timestamp < valid ? 'train' : timestamp < test ? 'valid' : 'test';
  });
}

/** Where valid and test begin among `total` rows or users. Whole numbers only: no fraction is rounded differently elsewhere. */
function cuts(total: number, sizes: SplitSizes, where: string): [number, number] {
  const sum = sizes.train + sizes.valid + sizes.test;
  if (sizes.unit === 'parts') {
    return [Math.floor((total * sizes.train) / sum), Math.floor((total * (sizes.train + sizes.valid)) / sum)];
  }
  if (sum !== total) {
    const what = `the sizes add up to ${sum} rows, and there are ${total} examples`;
    throw new RectuneError('usage', what, where, `let them add up to ${total}, or write them in parts`);
  }
  return [sizes.train, sizes.train + sizes.valid];
}

function repeated(split: Split, times: number): Split[] {
  return new Array<Split>(times).fill(split);
}

function count(examples: Iterable<Placed>): number {
  let total = 0;
  for (const _ of examples) total += 1;
  return total;
}
