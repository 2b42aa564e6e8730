/** Rows that a probe asks at the least, or all that there are: fewer would say nothing, whatever they cost. */
export const FEWEST_PROBED = 50;

/** The same where a user says how long all probes may take: an interval that is wide is then what was asked for. */
export const FEWEST_IN_TIME = 10;

/** Rows that a probe asks at the most: an interval of a share is then 0.06 wide, and more would change no verdict. */
export const MOST_PROBED = 1000;

/** Orders of a list of candidates that are asked at the most, beside its own. */
export const MOST_ORDERS = 10;

/**
 * What the answer distribution of a row, averaged over orders of its candidates, may move by when one order more is asked: total variation, in the mean over
 * rows. A hundredth of the probability that changes its place moves no ranking figure by more than its interval on so few rows.
 */
export const STABLE_BELOW = 0.01;

/**
 * How many rows each probe asks, so that all of them together cost no more than a budget: the same number for all, as far as a probe has so many.
 *
 * costs   by probe, of its rows in the order in which they are drawn, in bytes of prompts scored
 * budget  in the same
 * fewest  rows, whatever they cost
 */
export function probedRows(
  costs: readonly (readonly number[])[],
  budget: number,
  fewest: number = FEWEST_PROBED,
): number {
  const longest = Math.max(0, ...costs.map((one) => one.length));
  let spent = 0;
  let rows = 0;
  while (rows < Math.min(longest, MOST_PROBED)) {
    spent += costs.reduce((sum, one) => sum + (one[rows] ?? 0), 0);
    if (spent > budget) break;
    rows += 1;
  }
  return Math.min(longest, Math.max(rows, fewest));
}

/** What scoring a line costs, in UTF-8 bytes: its prompt once, and each answer that is scored by all of its tokens. */
export function lineBytes(prompt: string, likelihoods: readonly string[] | undefined): number {
  let bytes = utf8Length(prompt);
  for (const choice of likelihoods ?? []) bytes += utf8Length(choice);
  return bytes;
}

const encoder = new TextEncoder();

function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Half of the sum of absolute differences, in the mean over rows.
 *
 * before, after  by row: probabilities of the same things in the same order
 */
export function meanVariation(before: readonly (readonly number[])[], after: readonly (readonly number[])[]): number {
  const ofRow = (row: readonly number[], i: number): number =>
    row.reduce((sum, p, k) => sum + Math.abs(p - ((after[i] as readonly number[])[k] as number)), 0) / 2;
  return before.reduce((sum, row, i) => sum + ofRow(row, i), 0) / Math.max(1, before.length);
}

/** Probabilities in proportion to exponentials. */
export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
