import { aucStatistic } from '../statistics/auc-statistic.js';
import { eachRowAlone, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { checkRows } from './check-rows.js';

/**
 * Area under the ROC curve: the chance that a random positive outscores a random negative.
 * Ties count one half (average ranks), so the value equals Mann-Whitney U / (P * N).
 *
 * scores  any finite unit, higher means "more likely to like"; length n
 * labels  true = positive; length n, same order as scores
 * returns [0, 1], or undefined when a class is absent: AUC is then not defined, and not 0.5
 * throws  RangeError on unequal lengths or a score that is not finite
 * source  Fawcett 2006, "An introduction to ROC analysis", doi:10.1016/j.patrec.2005.10.010
 */
export function auc(scores: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = eachRowAlone(scores.length);
  return onAllUsers(aucByUsers(scores, labels, rows), rows);
}

/**
 * AUC over the pooled rows of any multiset of users.
 * Rows of one user are compared with rows of the others too, so a model may gain by knowing who likes much (UAUC does not).
 */
export function aucByUsers(scores: readonly number[], labels: readonly boolean[], users: UserIndex): UserStatistic {
  checkRows(scores, labels);
  return aucStatistic(scores, labels, users);
}
