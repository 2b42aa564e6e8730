import { normalBelow, normalQuantile } from './normal.js';

/** What a test shall be able to do. */
export interface Demand {
  readonly alpha: number; // chance of seeing a difference where there is none, two-sided
  readonly power: number; // chance of seeing one that is there
}

/** More units than this are not counted up to. */
const MOST_UNITS = 2 ** 50;

/**
 * The chance that a two-sided test sees a difference: that the estimate, normal with that standard error, lies beyond z * error on either side of 0.
 *
 * error  standard error of the estimated difference, > 0
 */
export function powerOf(difference: number, error: number, alpha: number): number {
  const reach = normalQuantile(1 - alpha / 2);
  return normalBelow(difference / error - reach) + normalBelow(-difference / error - reach);
}

/**
 * The smallest number of units (rows, users) with which the difference is seen.
 *
 * errorOf  standard error with so many units, falling
 * returns  undefined when no number is enough: a difference of 0, or more than 10^15
 */
export function unitsNeeded(
  errorOf: (units: number) => number,
  difference: number,
  { alpha, power }: Demand,
): number | undefined {
  const isEnough = (units: number) => {
    const error = errorOf(units);
    return error === 0 ? difference !== 0 : powerOf(difference, error, alpha) >= power;
  };
  let enough = 1;
  while (!isEnough(enough)) {
    enough *= 2;
    if (enough > MOST_UNITS) return undefined;
  }
  let tooFew = enough === 1 ? 0 : enough / 2;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** The smallest difference that is seen with a standard error of that size. */
export function visibleDifference(error: number, { alpha, power }: Demand): number {
  if (error === 0) return 0;
  let [low, high] = [0, error];
  while (powerOf(high, error, alpha) < power) high *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (powerOf(middle, error, alpha) < power) low = middle;
    else high = middle;
  }
  return high;
}
