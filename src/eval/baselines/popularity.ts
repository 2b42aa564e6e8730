import type { KnownInteraction } from './train-log.js';

/**
 * Baseline: scores a candidate by the number of its interactions in train, whoever asks. An item that is not in train has 0.
 *
 * source  Cremonesi et al. 2010, "Performance of Recommender Algorithms on Top-N Recommendation Tasks", doi:10.1145/1864708.1864721 (TopPop)
 */
export function popularity(train: readonly KnownInteraction[]): (candidates: readonly string[]) => number[] {
  const times = new Map<string, number>();
  for (const { itemId } of train) times.set(itemId, (times.get(itemId) ?? 0) + 1);
  return (candidates) => candidates.map((id) => times.get(id) ?? 0);
}

/** Baseline: the same score for every candidate. Metrics take the expected value over ties, so this is what guessing gets, exactly. */
export function uniformChance(candidates: readonly string[]): number[] {
  return candidates.map(() => 0);
}
