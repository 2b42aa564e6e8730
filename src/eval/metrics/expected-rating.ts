/**
 * What a model that gives each rating of the scale a likelihood expects the rating to be: sum over k of p_k * s_k with
 * p = softmax of the log-likelihoods, the probabilities among the ratings alone.
 *
 * logLikelihoods  one a rating, in nats, up to a constant that they share
 * scale           the ratings as numbers, in the same order
 * returns         within the scale; undefined without ratings
 * throws          RangeError on unequal lengths or a log-likelihood that is not finite
 */
export function expectedRating(logLikelihoods: readonly number[], scale: readonly number[]): number | undefined {
  if (logLikelihoods.length !== scale.length) {
    throw new RangeError(`${logLikelihoods.length} log-likelihoods do not fit a scale of ${scale.length} ratings`);
  }
  const broken = logLikelihoods.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw new RangeError(`log-likelihood ${logLikelihoods[broken]} of rating ${broken} is not finite`);
  if (scale.length === 0) return undefined;
  const largest = Math.max(...logLikelihoods);
  const weights = logLikelihoods.map((value) => Math.exp(value - largest)); // the largest is 1: no overflow
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, weight, k) => sum + weight * (scale[k] as number), 0) / total;
}
