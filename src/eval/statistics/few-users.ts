import { normalBelow, normalQuantile } from './normal.js';
import { studentBelow, studentQuantile } from './student.js';

const LEAST_TAIL = 1e-12; // of two users it would be no number above 0

/**
 * Resamples of n users spread less than n users do, by the square root of (n - 1) / n, and their quantiles know nothing of how badly few users tell a spread. Of the
 * mean of a normal variable both is mended exactly where an interval by resamples is taken at another level: with a tail of
 * Phi(-sqrt(n / (n - 1)) t), t the quantile of Student's distribution with n - 1 degrees of freedom that leaves the wanted tail.
 *
 * level    within (0, 1)
 * users    at least 2
 * returns  within (0, 1), above the level
 * source   Hesterberg 2015, "What Teachers Should Know About the Bootstrap", doi:10.1080/00031305.2015.1089789 (the expanded percentile interval)
 */
export function levelOfResamples(level: number, users: number): number {
  return 1 - 2 * Math.max(LEAST_TAIL, normalBelow(-reachOfResamples(level, users)));
}

/** Half the width of that interval in standard errors of the resamples. */
export function reachOfResamples(level: number, users: number): number {
  return Math.sqrt(users / (users - 1)) * studentQuantile((1 + level) / 2, users - 1);
}

/** A two-sided p value by resamples as one of the users: the level that levelOfResamples turns into it, from 1. */
export function pOfUsers(pOfResamples: number, users: number): number {
  const reach = -normalQuantile(Math.min(1, pOfResamples) / 2);
  return Math.min(1, 2 * studentBelow(-reach * Math.sqrt((users - 1) / users), users - 1));
}
