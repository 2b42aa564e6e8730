import type { Waiting } from '../builders/curate/review-queue.js';
import type { ReviewLine, Verdict } from '../core/review.js';

/** What each key says; b goes back a row, q ends. */
export const VERDICT_KEYS: Readonly<Record<string, Verdict>> = { k: 'keep', d: 'drop', s: 'skip' };
export const KEY_HELP = 'k keep, d drop, s skip, b back, q quit';

/**
 * Goes through rows with keys. Each verdict is handed over before the next row is shown; a row that is come back to gets a second one,
 * which counts. Other keys do nothing. Ends with the rows, with q, or with the keys.
 *
 * returns  how many verdicts were given, and how many rows were not come to
 */
export async function reviewRows(
  waiting: readonly Waiting[],
  keys: AsyncIterable<string>,
  show: (row: Waiting, place: number) => void,
  keep: (line: ReviewLine) => void,
): Promise<{ given: Record<'keep' | 'drop' | 'skip', number>; left: number }> {
  const said = new Map<number, Verdict>();
  let place = 0;
  const showNext = (): void => {
    const row = waiting[place];
    if (row) show(row, place);
  };
  showNext();
  if (waiting.length > 0) {
    for await (const key of keys) {
      const row = waiting[place] as Waiting;
      const verdict = VERDICT_KEYS[key];
      if (key === 'q') break;
      if (key === 'b') place = Math.max(0, place - 1);
      else if (verdict) {
        keep({ row: row.row, split: row.split, verdict, note: row.note });
        said.set(place, verdict);
        place += 1;
      } else continue;
      if (place === waiting.length) break;
      showNext();
    }
  }
  const count = (verdict: Verdict): number => [...said.values()].filter((one) => one === verdict).length;
  return { given: { keep: count('keep'), drop: count('drop'), skip: count('skip') }, left: waiting.length - said.size };
}
