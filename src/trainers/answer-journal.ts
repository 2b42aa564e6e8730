import type { z } from 'zod';
import { jsonOf } from '../core/parse.js';
import { AppendFile } from '../platform/append-file.js';
import { exists, readText, remove, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';

/** Answers to rows, one each. */
export interface JournalledAnswers<Answer> {
  readonly answers: readonly Answer[]; // in the order of the rows asked
  /** Removes what was kept in case that it is cut short. */
  forget(): void;
}

/**
 * Asks rows, and keeps each answer in a file as it comes: when it is cut short, even by kill -9, the same call asks only those that are missing.
 *
 * path    of the file, named by all that decides an answer
 * ask     answers to the rows that it is given, in any order
 * throws  what ask throws; what came before is kept
 */
export async function journalled<Answer extends { row: number }>(
  { path, schema, rows }: { path: string; schema: z.ZodType<Answer>; rows: readonly number[] },
  ask: (missing: number[]) => AsyncIterable<Answer>,
): Promise<JournalledAnswers<Answer>> {
  const known = new Map(exists(path) ? wholeLines(readText(path), schema).map((answer) => [answer.row, answer]) : []);
  writeSealed(path, toJsonLines([...known.values()])); // without the line in which a process died
  const journal = new AppendFile(path);
  try {
    const missing = rows.filter((row) => !known.has(row));
    if (missing.length > 0) {
      for await (const answer of ask(missing)) {
        journal.writeLines([JSON.stringify(answer)]);
        known.set(answer.row, answer);
      }
    }
  } finally {
    journal.close();
  }
  const answers = rows.map((row) => {
    const answer = known.get(row);
    if (!answer) throw new Error(`native did not answer row ${row}`);
    return answer;
  });
  return { answers, forget: () => remove(path) };
}

/** What stands there up to the first line that is not whole. */
function wholeLines<Answer>(text: string, schema: z.ZodType<Answer>): Answer[] {
  const answers: Answer[] = [];
  for (const line of text.split('\n')) {
    const read = schema.safeParse(jsonOf(line));
    if (!read.success) break;
    answers.push(read.data);
  }
  return answers;
}
