import type { UserIndex } from './user-index.js';

/**
 * Sum over bins of |sum of the gaps of the bin's rows|, divided by the number of rows, both over the rows of the taken users:
 * the expected calibration error, where a row's gap is what was said minus what came true.
 */
export interface CalibrationStatistic {
  readonly kind: 'calibration';
  readonly bins: number;
  readonly gaps: Float64Array; // of each user in each bin: user * bins + bin
  readonly rows: Float64Array; // one a user
}

/** gaps and binOfRow in the order of the index's rows */
export function calibrationStatistic(
  gaps: readonly number[],
  binOfRow: readonly number[],
  bins: number,
  users: UserIndex,
): CalibrationStatistic {
  const sums = new Float64Array(users.count * bins);
  const rows = new Float64Array(users.count);
  gaps.forEach((gap, row) => {
    const user = users.ofRow[row] as number;
    const cell = user * bins + (binOfRow[row] as number);
    sums[cell] = (sums[cell] as number) + gap;
    rows[user] = (rows[user] as number) + 1;
  });
  return { kind: 'calibration', bins, gaps: sums, rows };
}

/** times  how often each user is taken */
export function calibrationValue({ bins, gaps, rows }: CalibrationStatistic, times: Uint32Array): number | undefined {
  const sums = new Float64Array(bins);
  let all = 0;
  for (let user = 0; user < times.length; user++) {
    const taken = times[user] as number;
    if (taken === 0) continue;
    all += taken * (rows[user] as number);
    for (let bin = 0; bin < bins; bin++) {
      sums[bin] = (sums[bin] as number) + taken * (gaps[user * bins + bin] as number);
    }
  }
  return all === 0 ? undefined : sums.reduce((sum, gap) => sum + Math.abs(gap), 0) / all;
}

/** The figure without each user in turn. */
export function calibrationWithoutEach({ bins, gaps, rows }: CalibrationStatistic): (number | undefined)[] {
  const sums = new Float64Array(bins);
  gaps.forEach((gap, cell) => {
    sums[cell % bins] = (sums[cell % bins] as number) + gap;
  });
  const all = rows.reduce((sum, count) => sum + count, 0);
  return Array.from(rows, (own, user) => {
    if (own === all) return undefined;
    const left = sums.map((gap, bin) => Math.abs(gap - (gaps[user * bins + bin] as number)));
    return left.reduce((sum, gap) => sum + gap, 0) / (all - own);
  });
}
