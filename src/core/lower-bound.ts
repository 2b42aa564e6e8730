/** First place of the first `size` ascending values that is not below a value; `size` where all are. */
export function lowerBound(values: ArrayLike<number>, value: number, size: number = values.length): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
