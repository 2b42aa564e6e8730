import { normalBelow, normalQuantile } from './normal.js';

/** Two models' AUC on the same rows, with what is known of their errors. */
export interface PairedAuc {
  readonly first: number;
  readonly second: number;
  readonly firstVariance: number;
  readonly secondVariance: number;
  readonly covariance: number;
}

/**
 * Variances and covariance of two AUC on the same rows, when the rows are independent of each other: one row a user. Each liked row has a placement, the
 * share of the others that it outscores (ties one half), and each other row one among the liked; an AUC varies as the means of both do.
 *
 * returns undefined with fewer than two rows of a label
 * throws  RangeError on unequal lengths
 * source  DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595
 */
export function pairedAuc(
  first: readonly number[],
  second: readonly number[],
  labels: readonly boolean[],
): PairedAuc | undefined {
  if (first.length !== labels.length || second.length !== labels.length) {
    throw new RangeError(`${first.length} and ${second.length} scores do not fit ${labels.length} labels`);
  }
  const liked = labels.filter((label) => label).length;
  if (liked < 2 || labels.length - liked < 2) return undefined;
  const [one, other] = [placements(first, labels), placements(second, labels)];
  const spread = (a: Placements, b: Placements) =>
    covariance(a.liked, b.liked) / a.liked.length + covariance(a.others, b.others) / a.others.length;
  return {
    first: mean(one.liked),
    second: mean(other.liked),
    firstVariance: spread(one, one),
    secondVariance: spread(other, other),
    covariance: spread(one, other),
  };
}

/** Standard error of the difference of the two. */
export function errorOfDifference({ firstVariance, secondVariance, covariance: shared }: PairedAuc): number {
  return Math.sqrt(Math.max(0, firstVariance + secondVariance - 2 * shared));
}

/**
 * Two-sided p value of the difference.
 *
 * returns within [0, 1]; 1 for two equal AUC; undefined for different ones that do not vary
 */
export function delongTest(paired: PairedAuc): number | undefined {
  const gap = Math.abs(paired.first - paired.second);
  if (gap === 0) return 1;
  const error = errorOfDifference(paired);
  return error === 0 ? undefined : 2 * normalBelow(-gap / error);
}

/**
 * Interval of one AUC: value -+ z * standard error, held within [0, 1].
 *
 * level  share of the distribution that it holds
 */
export function delongInterval(value: number, variance: number, level: number): { low: number; high: number } {
  const reach = normalQuantile((1 + level) / 2) * Math.sqrt(variance);
  return { low: Math.max(0, value - reach), high: Math.min(1, value + reach) };
}

interface Placements {
  readonly liked: readonly number[]; // share of the other rows that each liked one outscores
  readonly others: readonly number[]; // share of the liked rows that outscore each other one
}

/** Both in the order of the rows. */
function placements(scores: readonly number[], labels: readonly boolean[]): Placements {
  const order = scores.map((_, row) => row).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  const count = labels.filter((label) => label).length;
  const placed = new Float64Array(scores.length);
  let [likedBelow, othersBelow] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) end += 1;
    const rows = order.slice(start, end);
    const liked = rows.filter((row) => labels[row]).length;
    const others = rows.length - liked;
    for (const row of rows) {
      placed[row] = labels[row]
        ? (othersBelow + others / 2) / (scores.length - count)
        : (count - likedBelow - liked + liked / 2) / count;
    }
    likedBelow += liked;
    othersBelow += others;
    start = end;
  }
  return {
    liked: [...placed].filter((_, row) => labels[row]),
    others: [...placed].filter((_, row) => !labels[row]),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of two lists in the same order, divided by n - 1. */
function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = a.reduce((total, value, i) => total + (value - meanA) * ((b[i] as number) - meanB), 0);
  return sum / (a.length - 1);
}
