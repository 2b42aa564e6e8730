import { ratioOfRows } from '../statistics/ratio-statistic.js';
import { eachRowAlone, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { checkRows } from './check-rows.js';

/**
 * F1 of the liked rows: 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall. A row is called liked when its log-odds is above 0; one of
 * exactly 0 is half called liked, as in the accuracy. Says nothing of rows that are rightly called not liked, and depends on the share of liked rows:
 * calling every row liked gives 2 s / (1 + s) where a share s is liked.
 *
 * returns [0, 1], or undefined when no row is liked and none is called so: there is no precision and no recall
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  van Rijsbergen 1979, "Information Retrieval", chapter 7 (E = 1 - F); Lewis and Gale 1994, arXiv:cmp-lg/9407020
 */
export function f1(logOdds: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = eachRowAlone(logOdds.length);
  return onAllUsers(f1ByUsers(logOdds, labels, rows), rows);
}

export function f1ByUsers(logOdds: readonly number[], labels: readonly boolean[], users: UserIndex): UserStatistic {
  checkRows(logOdds, labels);
  const calledLiked = logOdds.map((value) => (value === 0 ? 0.5 : value > 0 ? 1 : 0));
  return ratioOfRows(
    calledLiked.map((called, row) => (labels[row] ? 2 * called : 0)),
    calledLiked.map((called, row) => called + (labels[row] ? 1 : 0)), // TP + FP and TP + FN
    users,
  );
}
