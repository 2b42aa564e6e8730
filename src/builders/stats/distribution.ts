/** Shares of the values, in the order of a table: smallest, 5 %, quarter, middle, three quarters, 95 %, largest. */
export const SHARES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** What is told of many numbers. */
export interface Distribution {
  readonly count: number;
  readonly mean: number | undefined; // undefined without values
  readonly quantiles: readonly number[]; // one for each of SHARES; none without values
}

/** How often each value occurs: memory for the distinct ones alone. */
export class Tally {
  readonly #counts = new Map<number, number>();

  add(value: number, times = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times);
  }

  get distinct(): number {
    return this.#counts.size;
  }

  /** Value and how often, ascending. */
  sorted(): [value: number, count: number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** A quantile of share s is the smallest value that at least s of all values do not exceed (the nearest rank): always one that occurs. */
  distribution(): Distribution {
    const sorted = this.sorted();
    const count = sorted.reduce((sum, [, times]) => sum + times, 0);
    if (count === 0) return { count, mean: undefined, quantiles: [] };
    const mean = sorted.reduce((sum, [value, times]) => sum + value * times, 0) / count;
    let [index, passed] = [0, sorted[0]?.[1] ?? 0];
    const quantiles = SHARES.map((share) => {
      while (passed < share * count && index < sorted.length - 1) {
        index += 1;
        passed += sorted[index]?.[1] ?? 0;
      }
      return sorted[index]?.[0] ?? 0;
    });
    return { count, mean, quantiles };
  }
}

/** Down to eight binary digits, so that many different values are few: at most 1/128 below the value; whole numbers below 256 stay. */
export function coarse(value: number): number {
  let unit = 1;
  while (value / unit >= 256) unit *= 2;
  return Math.floor(value / unit) * unit;
}
