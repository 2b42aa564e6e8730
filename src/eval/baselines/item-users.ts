import type { KnownInteraction } from './train-log.js';

const NOBODY: ReadonlySet<string> = new Set();

/** Who met an item in train. */
export function usersOfItems(train: readonly KnownInteraction[]): (item: string) => ReadonlySet<string> {
  const usersOf = new Map<string, Set<string>>();
  for (const { userId, itemId } of train) {
    const users = usersOf.get(itemId);
    if (users) users.add(userId);
    else usersOf.set(itemId, new Set([userId]));
  }
  return (item) => usersOf.get(item) ?? NOBODY;
}

/** How many are in both. */
export function sharedCount(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let count = 0;
  for (const user of few) if (many.has(user)) count += 1;
  return count;
}

/**
 * Cosine similarity of two items by the users of train who met them: shared / sqrt(users of a * users of b); 0 where nobody met one of them.
 *
 * source  Sarwar et al. 2001, "Item-Based Collaborative Filtering Recommendation Algorithms", doi:10.1145/371920.372071
 */
export function cosineOfUsers(usersOf: (item: string) => ReadonlySet<string>): (a: string, b: string) => number {
  return (a, b) => {
    const [first, second] = [usersOf(a), usersOf(b)];
    const size = Math.sqrt(first.size * second.size);
    return size === 0 ? 0 : sharedCount(first, second) / size;
  };
}
