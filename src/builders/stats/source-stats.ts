import type { Interaction } from '../../core/interaction.js';
import { gini, type TopShare, topShares } from './concentration.js';
import { coarse, type Distribution, Tally } from './distribution.js';
import { type Week, Weeks } from './weeks.js';

const SESSION = 30 * 60; // seconds: a longer pause begins a new session, as web analytics has it
const MOST_RATINGS = 50; // distinct ones that are listed

/** What a log is like. */
export interface SourceStats {
  readonly interactions: number;
  readonly users: number; // with an interaction, as items
  readonly items: number;
  readonly density: number | undefined; // interactions over users times items; above 1 when users meet items again
  readonly popularity: { readonly top: readonly TopShare[]; readonly gini: number | undefined }; // over items with an interaction
  readonly perUser: Distribution;
  readonly perItem: Distribution;
  /** Seconds between neighbouring interactions of a user, quantiles to within 1 %; null: the log has no time. */
  readonly gaps: (Distribution & { readonly withinSession: number }) | null; // share under 30 minutes
  /** null: the log has no ratings. counts is null when there are more than 50 different ones. */
  readonly ratings:
    | (Distribution & { readonly counts: readonly { readonly rating: number; readonly count: number }[] | null })
    | null;
  readonly liked: { readonly threshold: number; readonly liked: number; readonly disliked: number } | null; // liked: rating > threshold
  readonly weeks: readonly Week[];
}

/**
 * Statistics of a log in one pass. Memory for users, items, weeks and distinct ratings, not for interactions.
 *
 * interactions  in any order
 * gaps          seconds between neighbouring interactions of a user in order of time, and how often, in any order (user-gaps.ts)
 */
export function sourceStats(
  interactions: Iterable<Pick<Interaction, 'userId' | 'itemId' | 'rating' | 'timestamp'>>,
  gaps: Iterable<readonly [seconds: number, count: number]>,
  threshold: number | undefined,
): SourceStats {
  const users = new Map<string, number>();
  const items = new Map<string, number>();
  const ratings = new Tally();
  const weeks = new Weeks();
  let [count, liked, rated] = [0, 0, 0];
  for (const { userId, itemId, rating, timestamp } of interactions) {
    count += 1;
    users.set(userId, (users.get(userId) ?? 0) + 1);
    items.set(itemId, (items.get(itemId) ?? 0) + 1);
    if (timestamp !== null) weeks.add(itemId, timestamp, rating);
    if (rating === null) continue;
    ratings.add(rating);
    rated += 1;
    if (threshold !== undefined && rating > threshold) liked += 1;
  }
  return {
    interactions: count,
    users: users.size,
    items: items.size,
    density: count === 0 ? undefined : count / (users.size * items.size),
    popularity: { top: topShares(items.values()), gini: gini(items.values()) },
    perUser: tallied(users.values()),
    perItem: tallied(items.values()),
    gaps: gapStats(gaps),
    ratings: rated === 0 ? null : ratingStats(ratings),
    liked: threshold === undefined || rated === 0 ? null : { threshold, liked, disliked: rated - liked },
    weeks: weeks.list(),
  };
}

function tallied(values: Iterable<number>): Distribution {
  const tally = new Tally();
  for (const value of values) tally.add(value);
  return tally.distribution();
}

function gapStats(gaps: Iterable<readonly [number, number]>): SourceStats['gaps'] {
  const tally = new Tally();
  let [within, count, sum] = [0, 0, 0];
  for (const [seconds, times] of gaps) {
    tally.add(coarse(seconds), times);
    count += times;
    sum += seconds * times;
    if (seconds < SESSION) within += times;
  }
  return count === 0 ? null : { ...tally.distribution(), mean: sum / count, withinSession: within / count };
}

function ratingStats(ratings: Tally): SourceStats['ratings'] {
  const counts =
    ratings.distinct > MOST_RATINGS ? null : ratings.sorted().map(([rating, count]) => ({ rating, count }));
  return { ...ratings.distribution(), counts };
}
