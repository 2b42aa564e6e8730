/**
 * The largest share of users that could have what none of n has: with a larger one, none of n independent users would have it in less than a tail of the cases.
 * Resamples of users who all lack it say 0 to 0.
 *
 * users    at least 1
 * returns  within (0, 1)
 * source   Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial", doi:10.1093/biomet/26.4.404
 */
export function largestUnseenShare(users: number, level: number): number {
  return 1 - ((1 - level) / 2) ** (1 / users);
}
