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
  const usersOf = new Map<string, Set<string>>();
  for (const { userId, itemId } of train) {
    const users = usersOf.get(itemId);
    if (users) users.add(userId);
    else usersOf.set(itemId, new Set([userId]));
  }
  const nobody: ReadonlySet<string> = new Set();
  return (candidates, history) => {
    const distinct = [...new Set(history)];
    return candidates.map((candidate) => {
      const users = usersOf.get(candidate) ?? nobody;
      return distinct.reduce(
        (sum, item) => (item === candidate ? sum : sum + shared(users, usersOf.get(item) ?? nobody)),
        0,
      );
    });
  };
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let count = 0;
  for (const user of few) if (many.has(user)) count += 1;
  return count;
}
