/**
 * p values corrected for their number by Holm's step-down rule: the k-th smallest of m is multiplied by m - k + 1, and none is smaller than one before it.
 * The chance that any true null hypothesis is rejected is held, whatever the tests have to do with each other.
 *
 * values  undefined: a test that could not be made, which does not count
 * returns in the same order, at most 1
 * source  Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
 */
export function holm(values: readonly (number | undefined)[]): (number | undefined)[] {
  const made = values.flatMap((value, place) => (value === undefined ? [] : [{ value, place }]));
  const corrected: (number | undefined)[] = values.map(() => undefined);
  let largest = 0;
  made
    .sort((a, b) => a.value - b.value)
    .forEach(({ value, place }, k) => {
      largest = Math.max(largest, Math.min(1, value * (made.length - k)));
      corrected[place] = largest;
    });
  return corrected;
}
