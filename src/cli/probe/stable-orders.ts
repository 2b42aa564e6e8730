import { RectuneError } from '../../core/errors.js';
import type { VariantAnswer } from '../../core/probe.js';
import { meanVariation, STABLE_BELOW, softmax } from '../../core/probe-budget.js';
import type { Run } from '../../core/run.js';
import type { Store } from '../../store/store.js';

/** What the adapter says of the rows of test as they are: log-likelihoods of the answers, by row. Throws RectuneError (usage) when it was not asked. */
export function ownAnswers(store: Store, run: Run): Map<number, readonly number[]> {
  const { versionHash, modelHash, adapterHash, id: runId, config } = run;
  const asked = { versionHash, split: 'test' as const, modelHash, adapterHash, runId, maxLength: config.maxLength };
  const set = store.predictions.select(asked);
  if (!set) {
    const fix = `predict first: rectune predict ${runId} --split test`;
    throw new RectuneError('usage', 'the adapter has not predicted the rows of test', `run ${runId}`, fix);
  }
  const rows = store.predictions.rows(set.id);
  // Of a pair of candidates the log-odds of the first are told, as against 0 of the other.
  return new Map(rows.map(({ row, logOdds, choices }) => [row, choices?.map(({ sum }) => sum) ?? [logOdds ?? 0, 0]]));
}

/**
 * Whether the answer distribution of the adapter, averaged over a row's own order and so many others, is still the same with the last of them: the mean over
 * rows of the total variation between the averages without it and with it is below STABLE_BELOW.
 */
export function isStable(
  rows: readonly number[],
  own: ReadonlyMap<number, readonly number[]>,
  answers: readonly VariantAnswer[],
  orders: number,
): boolean {
  const byRow = new Map<number, VariantAnswer[]>();
  for (const one of answers) {
    const known = byRow.get(one.row);
    if (known) known.push(one);
    else byRow.set(one.row, [one]);
  }
  const mean = (row: number, count: number): number[] => {
    const others = (byRow.get(row) ?? []).filter(({ variant }) => variant < count).map(({ adapter }) => adapter);
    return average([own.get(row) ?? [], ...others].map(softmax));
  };
  const before = rows.map((row) => mean(row, orders - 1));
  const after = rows.map((row) => mean(row, orders));
  return meanVariation(before, after) < STABLE_BELOW;
}

/** In the mean over lists of the same length. */
function average(lists: readonly (readonly number[])[]): number[] {
  const [first = []] = lists;
  return first.map((_, k) => lists.reduce((sum, one) => sum + (one[k] as number), 0) / lists.length);
}
