import { meanOfRows } from '../statistics/ratio-statistic.js';
import { eachRowAlone, type UserIndex } from '../statistics/user-index.js';
import { onAllUsers, type UserStatistic } from '../statistics/user-statistic.js';
import { checkRows } from './check-rows.js';

/** Probabilities are held within [CLIP, 1 - CLIP], so that one sure mistake costs at most 16.1 nats. */
export const CLIP = 1e-7;
const LARGEST_LOG_ODDS = Math.log((1 - CLIP) / CLIP);

/**
 * Log loss: mean of -ln P(the label that came true), in nats; 0 is perfect, ln 2 = 0.693 is a fair coin.
 * P(liked) = 1 / (1 + exp(-log-odds)), the probability among the two labels only.
 *
 * logOdds  natural log of P(liked) / P(not liked); clipped to the log-odds of CLIP and 1 - CLIP
 * returns  [0, 16.2), or undefined without rows
 * throws   RangeError on unequal lengths or a log-odds that is not finite
 * source   Good 1952, "Rational Decisions", doi:10.1111/j.2517-6161.1952.tb00104.x
 */
export function logLoss(logOdds: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = eachRowAlone(logOdds.length);
  return onAllUsers(logLossByUsers(logOdds, labels, rows), rows);
}

export function logLossByUsers(
  logOdds: readonly number[],
  labels: readonly boolean[],
  users: UserIndex,
): UserStatistic {
  checkRows(logOdds, labels);
  return meanOfRows(
    logOdds.map((value, row) => {
      const held = Math.min(LARGEST_LOG_ODDS, Math.max(-LARGEST_LOG_ODDS, value));
      return softplus(labels[row] ? -held : held);
    }),
    users,
  );
}

/** ln(1 + e^x) without overflow and without losing small values: ln(1 / (1 + e^-x)) is -softplus(-x). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
