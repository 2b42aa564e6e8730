import type { Split } from './instruction.js';
import type { InspectedRow } from './token-row.js';

/** Rows of one split under a vocabulary. */
export interface SplitBudget {
  readonly rows: number;
  readonly tokens: number; // of all rows within the limit
  readonly whole: number; // of all rows with all their history
  readonly lossTokens: number;
  readonly mean: number | undefined;
  readonly quantiles: Readonly<Record<'p50' | 'p90' | 'p99', number | undefined>>;
  readonly longest: { readonly row: number; readonly tokens: number } | undefined;
  readonly shortened: number; // rows that lose history
  readonly droppedItems: Readonly<Record<number, number>>; // rows by the number of history items that they lose
  readonly unfit: readonly { readonly row: number; readonly shortest: number }[]; // rows that do not fit without any history, or cannot be used
}

/** Rows of a length: from <= tokens < to. */
export interface LengthBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

export function splitBudget(rows: Iterable<InspectedRow>): SplitBudget {
  const lengths: number[] = [];
  const droppedItems: Record<number, number> = {};
  const unfit: { row: number; shortest: number }[] = [];
  let [count, whole, lossTokens, shortened] = [0, 0, 0, 0];
  let longest: { row: number; tokens: number } | undefined;
  for (const { row, tokens, length, droppedHistory, answerBegin, shortest } of rows) {
    count += 1;
    whole += tokens;
    if (length === null) {
      unfit.push({ row, shortest });
      continue;
    }
    lengths.push(length);
    lossTokens += length - answerBegin;
    if (longest === undefined || length > longest.tokens) longest = { row, tokens: length };
    if (droppedHistory === 0) continue;
    shortened += 1;
    droppedItems[droppedHistory] = (droppedItems[droppedHistory] ?? 0) + 1;
  }
  lengths.sort((a, b) => a - b);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const mean = lengths.length === 0 ? undefined : tokens / lengths.length;
  const quantiles = { p50: nearestRank(lengths, 0.5), p90: nearestRank(lengths, 0.9), p99: nearestRank(lengths, 0.99) };
  return { rows: count, tokens, whole, lossTokens, mean, quantiles, longest, shortened, droppedItems, unfit };
}

/** The smallest value that at least this share of the values is not above: a length that some row has. */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

const BINS = 16; // at most
const WIDTHS = [1, 2, 5];

/** Rows by length, in bins of one width (1, 2 or 5 times a power of ten) from the shortest to the longest; without rows: none. */
export function lengthHistogram(lengths: readonly number[]): LengthBin[] {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const length of lengths) {
    least = Math.min(least, length);
    most = Math.max(most, length);
  }
  if (lengths.length === 0) return [];
  const widths = Array.from({ length: 10 }, (_, power) => WIDTHS.map((width) => width * 10 ** power)).flat();
  const width = widths.find((one) => Math.floor(most / one) - Math.floor(least / one) < BINS) as number;
  const first = Math.floor(least / width);
  const rows = new Array<number>(Math.floor(most / width) - first + 1).fill(0);
  for (const length of lengths) {
    const bin = Math.floor(length / width) - first;
    rows[bin] = (rows[bin] ?? 0) + 1;
  }
  return rows.map((count, i) => ({ from: (first + i) * width, to: (first + i + 1) * width, rows: count }));
}

/** A row by the name that commands take: "train/3". */
export function rowPath(split: Split, row: number): string {
  return `${split}/${row}`;
}
