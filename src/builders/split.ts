import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';
import { Random } from '../core/random.js';
import type { SplitRule, SplitSizes } from '../core/recipe.js';

/**
 * Shares examples out to train, valid and test. Inside a split they keep their order.
 *
 * recipeFile  what errors name
 * throws      RectuneError 'usage' when sizes in rows do not add up to the examples there are, or a split would be empty
 */
export function splitExamples<T extends { readonly userId: string }>(
  examples: readonly T[],
  rule: SplitRule,
  recipeFile: string,
): Record<Split, T[]> {
  const where = `${recipeFile}: split.sizes`;
  const splits =
    rule.kind === 'row-order'
      ? byRowOrder(examples, rule.sizes, where)
      : byUser(examples, rule.sizes, rule.seed, where);
  for (const split of SPLITS) {
    if (splits[split].length > 0) continue;
    const what = `${split} would be empty: there are ${examples.length} examples`;
    throw new RectuneError('usage', what, where, 'change the sizes, or import a longer log');
  }
  return splits;
}

function byRowOrder<T>(examples: readonly T[], sizes: SplitSizes, where: string): Record<Split, T[]> {
  const [first, second] = cuts(examples.length, sizes, where);
  return { train: examples.slice(0, first), valid: examples.slice(first, second), test: examples.slice(second) };
}

function byUser<T extends { readonly userId: string }>(
  examples: readonly T[],
  sizes: SplitSizes,
  seed: number,
  where: string,
): Record<Split, T[]> {
  const users = new Random(seed, 'split by user').shuffle([...new Set(examples.map(({ userId }) => userId))]);
  const [first, second] = cuts(users.length, sizes, where);
  const place = new Map(users.map((user, i) => [user, i < first ? 'train' : i < second ? 'valid' : 'test'] as const));
  const splits: Record<Split, T[]> = { train: [], valid: [], test: [] };
  for (const example of examples) splits[place.get(example.userId) ?? 'train'].push(example);
  return splits;
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
