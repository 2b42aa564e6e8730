import type { ShownList } from './shown-list.js';

/**
 * Intra-list similarity: the mean similarity of two different items that the list shows together. High lists are monotonous. With ties a pair counts by the
 * chance that both are shown: two open items share s seats of n with probability s (s - 1) / (n (n - 1)).
 *
 * similarity  of two items, symmetric
 * returns     in the unit of the similarity, or undefined when fewer than two items are shown
 * source      Ziegler et al. 2005, "Improving Recommendation Lists Through Topic Diversification", doi:10.1145/1060745.1060754 (there the sum, half of it)
 */
export function intraListSimilarity(
  { sure, open, seats }: ShownList,
  similarity: (a: string, b: string) => number,
): number | undefined {
  const shown = sure.length + seats;
  if (shown < 2) return undefined;
  const n = open.length;
  const [oneOpen, twoOpen] = n < 2 ? [0, 0] : [seats / n, (seats * (seats - 1)) / (n * (n - 1))];
  let sum = 0;
  sure.forEach((a, place) => {
    for (const b of sure.slice(place + 1)) sum += similarity(a, b);
    for (const b of open) sum += oneOpen * similarity(a, b);
  });
  open.forEach((a, place) => {
    if (twoOpen > 0) for (const b of open.slice(place + 1)) sum += twoOpen * similarity(a, b);
  });
  return sum / ((shown * (shown - 1)) / 2);
}
