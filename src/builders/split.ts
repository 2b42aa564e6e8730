import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';
import { Random } from '../core/random.js';
import type { SplitRule, SplitSizes } from '../core/recipe.js';
import type { Ranked } from './ranked-times.js';

/** What of an example decides its split. */
export interface Placed {
  readonly userId: string;
  readonly fromLast: number; // 0: the last example of its user
  readonly target: { readonly timestamp: number | null; readonly logIndex: number } | undefined; // undefined: not asked for, the rule is not by time
}

/** Examples in order, and how many they are where that is known without looking through them. */
export interface PlacedExamples extends Iterable<Placed> {
  readonly size?: number;
}

/** The split of each example, a byte each. */
export class ExampleSplits {
  readonly #codes: Uint8Array; // places in SPLITS; one more: none

  constructor(codes: Uint8Array) {
    this.#codes = codes;
  }

  get length(): number {
    return this.#codes.length;
  }

  /** undefined: it is in none (rolling leaves out what is later than the fold's test) */
  at(example: number): Split | undefined {
    return SPLITS[this.#codes[example] as number];
  }

  has(split: Split): boolean {
    return this.#codes.includes(SPLITS.indexOf(split));
  }
}

const [TRAIN, VALID, TEST] = [SPLITS.indexOf('train'), SPLITS.indexOf('valid'), SPLITS.indexOf('test')];
const NONE = SPLITS.length;

/**
 * Shares examples out to train, valid and test. Inside a split they keep their order.
 *
 * examples    looked through more than once, each time the same ones
 * times       of the interactions that the recipe lets in, ascending: the moments of global-time and rolling are among them
 * recipeFile  what errors name
 * throws      RectuneError 'usage' when sizes in rows do not add up to the examples there are, or a split would be empty,
 *             'data' when time decides and an interaction has none
 */
export function splitExamples(
  examples: PlacedExamples,
  rule: SplitRule,
  times: () => Ranked,
  recipeFile: string,
): ExampleSplits {
  const size = examples.size ?? count(examples);
  const codes = new Uint8Array(size);
  place(codes, examples, rule, times, `${recipeFile}: split`);
  const splits = new ExampleSplits(codes);
  for (const split of SPLITS) {
    if (splits.has(split)) continue;
    const what = `${split} would be empty: there are ${splits.length} examples`;
    throw new RectuneError('usage', what, `${recipeFile}: split.sizes`, 'change the sizes, or import a longer log');
  }
  return splits;
}

function place(codes: Uint8Array, examples: PlacedExamples, rule: SplitRule, times: () => Ranked, where: string): void {
  const each = (codeOf: (example: Placed) => number): void => {
    let i = 0;
    for (const example of examples) codes[i++] = codeOf(example);
  };
  switch (rule.kind) {
    case 'row-order': {
      const [valid, test] = cuts(codes.length, rule.sizes, `${where}.sizes`);
      codes.fill(TRAIN, 0, valid).fill(VALID, valid, test).fill(TEST, test);
      return;
    }
    case 'by-user': {
      const known = new Set<string>();
      for (const { userId } of examples) known.add(userId);
      const users = new Random(rule.seed, 'split by user').shuffle([...known]);
      const [valid, test] = cuts(users.length, rule.sizes, `${where}.sizes`);
      const codeOf = new Map(users.map((user, i) => [user, i < valid ? TRAIN : i < test ? VALID : TEST] as const));
      each(({ userId }) => codeOf.get(userId) as number);
      return;
    }
    case 'leave-one-out':
      each(({ fromLast }) => (fromLast === 0 ? TEST : fromLast === 1 ? VALID : TRAIN));
      return;
    case 'global-time': {
      const all = times();
      const [valid, test] = cuts(all.length, rule.sizes, `${where}.sizes`);
      each(byMoments(all.at(valid) ?? Infinity, all.at(test) ?? Infinity, Infinity));
      return;
    }
    case 'rolling': {
      const { folds, fold } = rule;
      if (fold > folds) {
        const what = `there is no fold ${fold} of ${folds}`;
        throw new RectuneError('usage', what, `${where}.fold`, `choose one from 1 to ${folds}`);
      }
      const all = times();
      const moment = (parts: number): number => all.at(Math.floor((all.length * parts) / (folds + 2))) ?? Infinity;
      each(byMoments(moment(fold), moment(fold + 1), moment(fold + 2)));
    }
  }
}

/** Targets before `valid` train, before `test` validate, before `end` test; equal times stay together. */
function byMoments(valid: number, test: number, end: number): (example: Placed) => number {
  return ({ target }) => {
    if (target === undefined) throw new Error('examples that are split by time have no targets');
    const { timestamp, logIndex } = target;
    if (timestamp === null) {
      const fix = 'give source.yaml a timestamp column, or choose a split that is not by time';
      throw new RectuneError('data', 'an interaction has no timestamp', `line ${logIndex} of the log`, fix);
    }
    if (timestamp >= end) return NONE;
    return timestamp < valid ? TRAIN : timestamp < test ? VALID : TEST;
  };
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

function count(examples: Iterable<Placed>): number {
  let total = 0;
  for (const _ of examples) total += 1;
  return total;
}
