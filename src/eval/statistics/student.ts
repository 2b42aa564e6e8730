/**
 * Student's distribution function: the chance of a value of at most x, for a whole number of degrees of freedom. Absolute error below 1e-13.
 *
 * throws  RangeError unless the degrees of freedom are a whole number of at least 1
 * source  Abramowitz and Stegun 1972, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4 (sums of powers of cos atan(x / sqrt(degrees)))
 */
export function studentBelow(x: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`${degrees} degrees of freedom`);
  const angle = Math.atan(x / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2 && term > 1e-18 * sum; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum; // between -x and x, with the sign of x
  return (1 + within) / 2;
}

/**
 * The value that a variable of Student's distribution stays below with probability p.
 *
 * p  within (0, 1)
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`probability ${p} is not within (0, 1)`);
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  let [below, above] = [0, 1];
  while (studentBelow(above, degrees) < p) above *= 2;
  for (let halving = 0; halving < 100; halving++) {
    const middle = (below + above) / 2;
    if (studentBelow(middle, degrees) < p) below = middle;
    else above = middle;
  }
  return above;
}
