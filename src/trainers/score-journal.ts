import { z } from 'zod';
import { jsonOf } from '../core/parse.js';
import { Arithmetic, ChoiceScore, inWords, isSameArithmetic } from '../core/prediction.js';
import { AppendFile } from '../platform/append-file.js';
import { exists, readText, remove, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';

/** What native/ says of one row. */
const Score = z.strictObject({
  row: z.number().int().nonnegative(),
  logOdds: z.number().nullable(),
  labelMass: z.number(), // probability of the allowed answers together
  choices: z.array(ChoiceScore).min(1).nullable().default(null), // journals of before have none
  droppedHistory: z.number().int().nonnegative(),
});
export type Score = z.infer<typeof Score>;

interface Kept {
  arithmetic: Arithmetic | undefined;
  scores: Map<number, Score>;
}

/**
 * Keeps the scores of a split in a file as they come, until all are there and the store has them: a scoring that is cut
 * short, even by kill -9, goes on where it was, in the numbers that it was begun in: its first line names them.
 */
export class ScoreJournal {
  readonly #path: string;
  readonly #kept: Kept;
  readonly #file: AppendFile;

  /** Opens the journal of a scoring that was cut short, or a new one. Throws RectuneError (file-errors.ts). */
  constructor(path: string) {
    this.#path = path;
    this.#kept = wholeLines(exists(path) ? readText(path) : '');
    const { arithmetic, scores } = this.#kept;
    // Without the line in which a process died: the next would stand behind it.
    writeSealed(path, toJsonLines([...(arithmetic ? [arithmetic] : []), ...scores.values()]));
    this.#file = new AppendFile(path);
  }

  /** By row; grows with `add`. */
  get scores(): ReadonlyMap<number, Score> {
    return this.#kept.scores;
  }

  /** What the scores were computed in; undefined: nothing was begun yet. */
  get arithmetic(): Arithmetic | undefined {
    return this.#kept.arithmetic;
  }

  /** Before the first score. Throws Error when it was begun in other numbers: their scores may not stand beside each other. */
  begin(arithmetic: Arithmetic): void {
    const begun = this.#kept.arithmetic;
    if (begun === undefined) {
      this.#file.writeLines([JSON.stringify(arithmetic)]);
      this.#kept.arithmetic = arithmetic;
    } else if (!isSameArithmetic(begun, arithmetic)) {
      throw new Error(`native scores ${inWords(arithmetic)}, but was begun ${inWords(begun)}`);
    }
  }

  add(score: Score): void {
    this.#file.writeLines([JSON.stringify(score)]);
    this.#kept.scores.set(score.row, score);
  }

  close(): void {
    this.#file.close();
  }

  /** When the store has the scores. */
  remove(): void {
    remove(this.#path);
  }
}

/** What stands there up to the first line that is not whole. */
function wholeLines(text: string): Kept {
  const [first, ...rest] = text.split('\n');
  const arithmetic = Arithmetic.safeParse(jsonOf(first ?? ''));
  const scores = new Map<number, Score>();
  if (!arithmetic.success) return { arithmetic: undefined, scores };
  for (const line of rest) {
    const score = Score.safeParse(jsonOf(line));
    if (!score.success) break;
    scores.set(score.data.row, score.data);
  }
  return { arithmetic: arithmetic.data, scores };
}
