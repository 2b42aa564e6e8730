import { sharedCount, usersOfItems } from './item-users.js';
import type { KnownInteraction } from './train-log.js';

/**
 * Baseline: scores a candidate by the users of train who met both it and an item of the shown history, summed over the distinct items of the history. With an
 * empty history all candidates tie. The item itself does not count as its own company.
 *
 * source  Linden et al. 2003, "Amazon.com Recommendations: Item-to-Item Collaborative Filtering", doi:10.1109/MIC.2003.1167344 (counts, unnormalised)
 */
export function coOccurrence(
  train: readonly KnownInteraction[],
): (candidates: readonly string[], history: readonly string[]) => number[] {
  const usersOf = usersOfItems(train);
  return (candidates, history) => {
    const distinct = [...new Set(history)];
    return candidates.map((candidate) => {
      const users = usersOf(candidate);
      return distinct.reduce((sum, item) => (item === candidate ? sum : sum + sharedCount(users, usersOf(item))), 0);
    });
  };
}
