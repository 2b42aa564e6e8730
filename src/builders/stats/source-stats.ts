import type { LogColumns } from '../../core/log-columns.js';
import { gini, type TopShare, topShares } from './concentration.js';
import { Counts } from './counts.js';
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
 * batches  in any order
 * gaps     seconds between neighbouring interactions of a user in order of time, and how often, in any order (user-gaps.ts)
 */
export function sourceStats(
  batches: Iterable<LogColumns>,
  gaps: Iterable<readonly [seconds: number, count: number]>,
  threshold: number | undefined,
): SourceStats {
  const [byUser, byItem] = [new Counts(), new Counts()];
  const ratings = new Tally();
  const weeks = new Weeks();
  let [count, liked, rated] = [0, 0, 0];
  for (const batch of batches) {
    count += batch.size;
    for (let row = 0; row < batch.size; row++) {
      const [item, rating, timestamp] = [batch.items[row] as number, batch.ratings[row], batch.timestamps[row]];
      byUser.add(batch.users[row] as number);
      byItem.add(item);
      const isRated = !Number.isNaN(rating);
      if (!Number.isNaN(timestamp)) weeks.add(item, timestamp as number, isRated ? (rating as number) : null);
      if (!isRated) continue;
      ratings.add(rating as number);
      rated += 1;
      if (threshold !== undefined && (rating as number) > threshold) liked += 1;
    }
  }
  const [users, items] = [byUser.all, byItem.all].map((all) => all.filter((times) => times > 0)) as [
    Uint32Array,
    Uint32Array,
  ];
  return {
    interactions: count,
    users: users.length,
    items: items.length,
    density: count === 0 ? undefined : count / (users.length * items.length),
    popularity: { top: topShares(items), gini: gini(items) },
    perUser: tallied(users),
    perItem: tallied(items),
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
