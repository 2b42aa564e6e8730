import { normalBelow } from './normal.js';

/** Up to as many differences the distribution is counted, beyond it the normal one stands for it. */
const COUNTED = 50;

/**
 * Wilcoxon's signed-rank test, two-sided: differences are ranked by size, and the ranks of the positive ones summed up. Differences of 0 take part in the
 * ranking and are left out of the sum (Pratt); equal sizes share their mean rank. Given the sizes each sign is a coin flip, and the sum's distribution is
 * counted over all of them, ties and zeros included; beyond 50 differences it is taken as normal with that mean and variance.
 *
 * differences  one a user
 * returns      within (0, 1]; undefined when all are 0 or there are none: nothing can be ranked
 * source       Wilcoxon 1945, doi:10.2307/3001968; Pratt 1959, doi:10.1080/01621459.1959.10501526
 */
export function wilcoxonTest(differences: readonly number[]): number | undefined {
  const sizes = differences.map(Math.abs);
  const order = sizes.map((_, place) => place).sort((a, b) => (sizes[a] as number) - (sizes[b] as number));
  const twiceRanks: number[] = []; // whole numbers, of the differences that are not 0
  let positive = 0; // twice the rank sum
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && sizes[order[end] as number] === sizes[order[start] as number]) end += 1;
    const twice = start + 1 + end; // of ranks start + 1, ..., end
    for (const place of order.slice(start, end)) {
      const value = differences[place] as number;
      if (value === 0) continue;
      twiceRanks.push(twice);
      if (value > 0) positive += twice;
    }
    start = end;
  }
  if (twiceRanks.length === 0) return undefined;
  const total = twiceRanks.reduce((sum, rank) => sum + rank, 0);
  if (twiceRanks.length <= COUNTED) return countedChance(twiceRanks, Math.min(positive, total - positive));
  const deviation = Math.sqrt(twiceRanks.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
  return Math.min(1, 2 * normalBelow(-Math.abs(positive - total / 2) / deviation));
}

/** Twice the chance that random signs give a sum of at most `least`, the smaller of the two sides. */
function countedChance(ranks: readonly number[], least: number): number {
  const chances = new Float64Array(least + 1); // of each sum up to it
  chances[0] = 1;
  for (const rank of ranks) {
    for (let sum = least; sum >= 0; sum--) {
      const before = sum >= rank ? (chances[sum - rank] as number) : 0;
      chances[sum] = ((chances[sum] as number) + before) / 2;
    }
  }
  return Math.min(1, 2 * chances.reduce((sum, chance) => sum + chance, 0));
}
