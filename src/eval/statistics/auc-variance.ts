/**
 * Variance of an AUC over independent rows, from its value and the numbers of rows alone:
 * (A (1 - A) + (P - 1)(Q1 - A^2) + (N - 1)(Q2 - A^2)) / (P N), Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A),
 * which holds for scores with exponential distributions and is close for others. For plans: with scores at hand DeLong's variance looks at them.
 *
 * auc            A, within [0, 1]
 * liked, others  P and N, > 0; they need not be whole
 * source         Hanley and McNeil 1982, "The Meaning and Use of the Area under a Receiver Operating Characteristic Curve",
 *                doi:10.1148/radiology.143.1.7063747
 */
export function plannedAucVariance(auc: number, liked: number, others: number): number {
  if (!(auc >= 0 && auc <= 1)) throw new RangeError(`an AUC of ${auc} is not within [0, 1]`);
  if (!(liked > 0 && others > 0)) throw new RangeError(`${liked} liked rows and ${others} others give no AUC`);
  const twoLiked = auc / (2 - auc); // chance that two liked rows outscore one other
  const twoOthers = (2 * auc * auc) / (1 + auc);
  const square = auc * auc;
  return (
    (auc * (1 - auc) + Math.max(0, liked - 1) * (twoLiked - square) + Math.max(0, others - 1) * (twoOthers - square)) /
    (liked * others)
  );
}

/** Standard error of the difference of two figures on the same rows. */
export function errorOfPair(firstVariance: number, secondVariance: number, correlation: number): number {
  const shared = 2 * correlation * Math.sqrt(firstVariance * secondVariance);
  return Math.sqrt(Math.max(0, firstVariance + secondVariance - shared));
}
