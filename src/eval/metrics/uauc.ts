import { indexUsers, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { auc } from './auc.js';
import { checkRows } from './check-rows.js';

/**
 * UAUC: the mean of each user's own AUC, over the users that have rows of both labels.
 * It asks whether items are put in order within one user; knowing which users like much gives nothing.
 * (Called GAUC elsewhere, there mostly weighted by rows.)
 *
 * weight  'users': every user counts the same; 'rows': by the user's number of rows
 * returns [0, 1], or undefined when no user has both labels
 * throws  RangeError on unequal lengths or a score that is not finite
 * source  Zhu et al. 2017, "Optimized Cost per Click in Taobao Display Advertising", doi:10.1145/3097983.3098134 (weighted form)
 */
export function uauc(
  scores: readonly number[],
  labels: readonly boolean[],
  users: readonly string[],
  weight: 'users' | 'rows' = 'users',
): number | undefined {
  const index = indexUsers(users);
  return onAllUsers(uaucByUsers(scores, labels, index, weight), index);
}

/** UAUC over any multiset of users: each user's AUC is computed once. */
export function uaucByUsers(
  scores: readonly number[],
  labels: readonly boolean[],
  users: UserIndex,
  weight: 'users' | 'rows',
): UserStatistic {
  checkRows(scores, labels);
  const tops = new Float64Array(users.count);
  const bottoms = new Float64Array(users.count);
  for (const { user, rows, value } of aucOfEachUser(scores, labels, users)) {
    bottoms[user] = weight === 'rows' ? rows : 1;
    tops[user] = value * (bottoms[user] as number);
  }
  return { kind: 'ratio', tops, bottoms, finish: 'plain' };
}

/** The users that UAUC is a mean over: those with rows of both labels. */
export function usersWithBothLabels(labels: readonly boolean[], users: UserIndex): number {
  return aucOfEachUser(new Array<number>(labels.length).fill(0), labels, users).length;
}

function aucOfEachUser(scores: readonly number[], labels: readonly boolean[], users: UserIndex) {
  const rowsOf = Array.from({ length: users.count }, (): number[] => []);
  users.ofRow.forEach((user, row) => {
    rowsOf[user]?.push(row);
  });
  return rowsOf.flatMap((rows, user) => {
    const value = auc(
      rows.map((row) => scores[row] as number),
      rows.map((row) => labels[row] as boolean),
    );
    return value === undefined ? [] : [{ user, rows: rows.length, value }];
  });
}
