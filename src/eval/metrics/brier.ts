import { meanOfRows } from '../statistics/ratio-statistic.js';
import { eachRowAlone, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { checkRows } from './check-rows.js';

/**
 * Brier score: mean squared distance of P(liked) from the outcome (1 liked, 0 not); 0 is perfect, 0.25 is a fair coin.
 *
 * returns [0, 1], or undefined without rows
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2, in the two-class form that is half of his sum
 */
export function brier(logOdds: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = eachRowAlone(logOdds.length);
  return onAllUsers(brierByUsers(logOdds, labels, rows), rows);
}

export function brierByUsers(logOdds: readonly number[], labels: readonly boolean[], users: UserIndex): UserStatistic {
  checkRows(logOdds, labels);
  return meanOfRows(
    logOdds.map((value, row) => (probability(value) - (labels[row] ? 1 : 0)) ** 2),
    users,
  );
}

/** P(liked) from a log-odds: the logistic function, without overflow on either side. */
export function probability(logOdds: number): number {
  if (logOdds >= 0) return 1 / (1 + Math.exp(-logOdds));
  const odds = Math.exp(logOdds);
  return odds / (1 + odds);
}
