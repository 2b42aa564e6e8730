import type { KnownInteraction } from './train-log.js';

/** How many ratings at the overall mean stand beside those of a user or an item, so that one rating alone says little. */
export const PRIOR_RATINGS = 5;

/** What baselines predict of a rating before they know it; each number is within the scale of the log. */
export interface RatingMeans {
  readonly global: number; // mean of all ratings of train
  readonly ofUser: (user: string) => number; // shrunk towards the global mean; unknown users get it
  readonly ofItem: (item: string) => number;
  readonly ofBoth: (user: string, item: string) => number; // global mean + item's bias + user's bias
}

/**
 * Baselines from the ratings of train: global mean m, mean of the user, mean of the item, and biases of both:
 *   b_i = sum over the item's ratings of (r - m) / (n_i + 5),   b_u = sum over the user's ratings of (r - m - b_i) / (n_u + 5),
 *   r = m + b_i + b_u, held within the ratings of train.
 * A user's mean is m + the same sum without b_i; an item's is m + b_i.
 *
 * returns undefined without ratings: then no baseline can say anything
 * source  Koren 2010, "Factor in the Neighbors", doi:10.1145/1644873.1644874, section 2.1 (decoupled biases; there 25 and 10 in the place of 5)
 */
export function ratingMeans(train: readonly KnownInteraction[]): RatingMeans | undefined {
  const rated = train.flatMap(({ userId, itemId, rating }) => (rating === null ? [] : [{ userId, itemId, rating }]));
  if (rated.length === 0) return undefined;
  const global = rated.reduce((sum, { rating }) => sum + rating, 0) / rated.length;
  const itemBias = biases(rated.map(({ itemId, rating }) => ({ id: itemId, rest: rating - global })));
  const userBias = biases(rated.map(({ userId, rating }) => ({ id: userId, rest: rating - global })));
  const userBeside = biases(
    rated.map(({ userId, itemId, rating }) => ({ id: userId, rest: rating - global - itemBias(itemId) })),
  );
  let [low, high] = [global, global];
  for (const { rating } of rated) {
    low = Math.min(low, rating);
    high = Math.max(high, rating);
  }
  const held = (value: number) => Math.min(high, Math.max(low, value));
  return {
    global,
    ofUser: (user) => held(global + userBias(user)),
    ofItem: (item) => held(global + itemBias(item)),
    ofBoth: (user, item) => held(global + itemBias(item) + userBeside(user)),
  };
}

function biases(residuals: readonly { id: string; rest: number }[]): (id: string) => number {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { id, rest } of residuals) {
    const { sum, count } = sums.get(id) ?? { sum: 0, count: 0 };
    sums.set(id, { sum: sum + rest, count: count + 1 });
  }
  return (id) => {
    const found = sums.get(id);
    return found ? found.sum / (found.count + PRIOR_RATINGS) : 0;
  };
}
