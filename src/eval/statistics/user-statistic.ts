import { type AucStatistic, aucValue, aucWithoutEach } from './auc-statistic.js';
import { type DistanceStatistic, distanceValue, distanceWithoutEach } from './distance-statistic.js';
import { type RatioStatistic, ratioValue, ratioWithoutEach } from './ratio-statistic.js';
import type { UserIndex } from './user-index.js';

/**
 * A metric made ready for resampling: the figure for any multiset of users. Plain numbers and no function, so that threads can share it.
 * A user taken twice counts as two users with the same rows.
 */
export type UserStatistic = RatioStatistic | AucStatistic | DistanceStatistic;

/**
 * times    how often each user is taken, by the user's number
 * returns  undefined where the metric is not defined on that multiset
 */
export function onUsers(statistic: UserStatistic, times: Uint32Array): number | undefined {
  switch (statistic.kind) {
    case 'ratio':
      return ratioValue(statistic, times);
    case 'auc':
      return aucValue(statistic, times);
    case 'distance':
      return distanceValue(statistic, times);
  }
}

/** The statistic with every user taken once: the metric itself. */
export function onAllUsers(statistic: UserStatistic, { count }: Pick<UserIndex, 'count'>): number | undefined {
  return onUsers(statistic, new Uint32Array(count).fill(1));
}

/** The metric without each user in turn (jackknife), one a user, in time linear in the rows. */
export function withoutEachUser(statistic: UserStatistic, userCount: number): (number | undefined)[] {
  switch (statistic.kind) {
    case 'ratio':
      return ratioWithoutEach(statistic);
    case 'auc':
      return aucWithoutEach(statistic, userCount);
    case 'distance':
      return distanceWithoutEach(statistic);
  }
}
