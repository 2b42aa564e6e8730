const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
const SERIES_ENDS = 2.5; // beyond it the series loses digits of the tail, and the fraction needs few terms

/**
 * Standard normal distribution function: the chance of a value of at most x. Relative error below 1e-13, tails included.
 *
 * source  Marsaglia 2004, "Evaluating the Normal Distribution", doi:10.18637/jss.v011.i04 (series); Laplace's continued fraction of the tail
 */
export function normalBelow(x: number): number {
  if (Number.isNaN(x)) throw new RangeError('a normal distribution has no place for NaN');
  if (x > SERIES_ENDS) return 1 - tail(x);
  if (x < -SERIES_ENDS) return tail(-x);
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * density(x);
}

/** The chance of a value above x > 0: density / (x + 1 / (x + 2 / (x + ...))). */
function tail(x: number): number {
  if (x > 40) return 0; // below the smallest number
  let fraction = x;
  for (let k = 150; k >= 1; k--) fraction = x + k / fraction;
  return density(x) / fraction;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / SQRT_TWO_PI;
}

/**
 * The value that a standard normal variable stays below with probability p.
 *
 * p       within [0, 1]; 0 and 1 give the infinities
 * source  start by Abramowitz and Stegun 26.2.23, then Halley's steps on the distribution function
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`probability ${p} is not within [0, 1]`);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 4; step++) {
    const error = (normalBelow(x) - p) / density(x);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}
