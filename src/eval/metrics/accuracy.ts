import { meanOfRows } from '../statistics/ratio-statistic.js';
import { eachRowAlone, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { checkRows } from './check-rows.js';

/**
 * Accuracy: the share of rows whose label the model calls right, liked when the log-odds is above 0 (P(liked) > 1/2).
 * A log-odds of exactly 0 calls neither and counts one half, so that swapping the labels' names changes nothing.
 *
 * returns [0, 1], or undefined without rows
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  Fawcett 2006, doi:10.1016/j.patrec.2005.10.010
 */
export function accuracy(logOdds: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = eachRowAlone(logOdds.length);
  return onAllUsers(accuracyByUsers(logOdds, labels, rows), rows);
}

export function accuracyByUsers(
  logOdds: readonly number[],
  labels: readonly boolean[],
  users: UserIndex,
): UserStatistic {
  checkRows(logOdds, labels);
  return meanOfRows(
    logOdds.map((value, row) => (value === 0 ? 0.5 : value > 0 === labels[row] ? 1 : 0)),
    users,
  );
}
