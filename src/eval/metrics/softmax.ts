/**
 * Probabilities of answers by their scores: e^s_k / sum of e^s_j, without overflow.
 *
 * scores  log-likelihoods in nats, up to a constant that they share; finite
 */
export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest)); // the largest is 1
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** ln(sum of e^s_k), without overflow. */
export function logSumExp(scores: readonly number[]): number {
  const largest = Math.max(...scores);
  return largest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
}

/** Places of the highest score: several where they tie. */
export function bestPlaces(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  return scores.flatMap((score, place) => (score === largest ? [place] : []));
}
