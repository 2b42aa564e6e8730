/** The share of all interactions that the most popular items have. */
export interface TopShare {
  readonly top: number; // 0.01: one in a hundred of the items, at least one
  readonly share: number;
}

const TOPS = [0.01, 0.05, 0.1, 0.2];

/** counts  interactions of each item, in any order; without any, no shares */
export function topShares(counts: Iterable<number>): TopShare[] {
  const sorted = [...counts].sort((a, b) => b - a);
  const total = sum(sorted);
  if (total === 0) return [];
  return TOPS.map((top) => ({ top, share: sum(sorted.slice(0, Math.ceil(top * sorted.length))) / total }));
}

/**
 * Gini coefficient: half the mean absolute difference of two items drawn at random, over the mean. 0: all items have equally many;
 * (n - 1) / n: one has all.
 *
 * counts   not negative, in any order
 * returns  undefined when there is nothing to share out
 * source   Gini 1912; the form over sorted values of Sen 1973, "On Economic Inequality", G = sum of (2 i - n - 1) x_i / (n * sum of x)
 */
export function gini(counts: Iterable<number>): number | undefined {
  const sorted = [...counts].sort((a, b) => a - b);
  const total = sum(sorted);
  if (total === 0) return undefined;
  const weighted = sorted.reduce((all, count, index) => all + (2 * (index + 1) - sorted.length - 1) * count, 0);
  return weighted / (sorted.length * total);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
