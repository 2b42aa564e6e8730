import { z } from 'zod';
import { AppendFile } from '../platform/append-file.js';
import { exists, readText, remove, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';

/** What native/ says of one row. */
const Score = z.strictObject({
  row: z.number().int().nonnegative(),
  logOdds: z.number(),
  labelMass: z.number(),
  droppedHistory: z.number().int().nonnegative(),
});
export type Score = z.infer<typeof Score>;

/**
 * Keeps the scores of a split in a file as they come, until all are there and the store has them: a scoring that is cut
 * short, even by kill -9, goes on where it was.
 */
export class ScoreJournal {
  readonly #path: string;
  readonly #scores: Map<number, Score>;
  readonly #file: AppendFile;

  /** Opens the journal of a scoring that was cut short, or a new one. Throws RectuneError (file-errors.ts). */
  constructor(path: string) {
    this.#path = path;
    this.#scores = new Map(exists(path) ? wholeLines(readText(path)).map((score) => [score.row, score]) : []);
    writeSealed(path, toJsonLines(this.#scores.values())); // without the line in which a process died: the next would stand behind it
    this.#file = new AppendFile(path);
  }

  /** By row; grows with `add`. */
  get scores(): ReadonlyMap<number, Score> {
    return this.#scores;
  }

  add(score: Score): void {
    this.#file.writeLines([JSON.stringify(score)]);
    this.#scores.set(score.row, score);
  }

  close(): void {
    this.#file.close();
  }

  /** When the store has the scores. */
  remove(): void {
    remove(this.#path);
  }
}

/** The scores up to the first line that is not whole. */
function wholeLines(text: string): Score[] {
  const scores: Score[] = [];
  for (const line of text.split('\n')) {
    const score = Score.safeParse(parsed(line));
    if (!score.success) break;
    scores.push(score.data);
  }
  return scores;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
