import { ServedAnswer } from '../core/probe.js';
import { AppendFile } from '../platform/append-file.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { exists, readText, remove, sha256, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { studioLayout } from '../platform/studio.js';
import type { Execution } from './execute-run.js';
import { type ServeRequest, serveRows, servingEngine } from './serve-rows.js';

/** Rows as stock llama.cpp answers them. */
export interface Served {
  readonly answers: readonly ServedAnswer[]; // in the order of the rows asked
  /** Removes what was kept in case that it is cut short. */
  forget(): void;
}

/**
 * Asks rows of a file of stock llama.cpp, one at a time. What came so far is kept until it is forgotten, and is not asked again.
 *
 * throws what serveRows throws
 */
export async function askServed(
  request: ServeRequest & { readonly rows: readonly number[] },
  execution: Execution,
): Promise<Served> {
  const { model, adapter, data, rows, maxLength, threads } = request;
  const memory = studioLayout.fileHashes(execution.studio);
  const hashOf = (path: string | null) => (path === null ? null : rememberedSha256(path, memory));
  const hashes = { model: await hashOf(model), adapter: await hashOf(adapter), data: await hashOf(data) };
  const work = sha256(JSON.stringify({ served: servingEngine(), ...hashes, rows, maxLength, threads }));
  const path = studioLayout.scoreJournal(execution.studio, work);
  const known = new Map(exists(path) ? wholeLines(readText(path)).map((answer) => [answer.row, answer]) : []);
  writeSealed(path, toJsonLines([...known.values()])); // without the line in which a process died
  const journal = new AppendFile(path);
  try {
    const missing = rows.filter((row) => !known.has(row));
    const { signal, onStderr } = execution;
    if (missing.length > 0) {
      for await (const answer of serveRows({ ...request, rows: missing }, { signal, onStderr })) {
        journal.writeLines([JSON.stringify(answer)]);
        known.set(answer.row, answer);
      }
    }
  } finally {
    journal.close();
  }
  const answers = rows.map((row) => {
    const answer = known.get(row);
    if (!answer) throw new Error(`native did not serve row ${row}`);
    return answer;
  });
  return { answers, forget: () => remove(path) };
}

/** What stands there up to the first line that is not whole. */
function wholeLines(text: string): ServedAnswer[] {
  const answers: ServedAnswer[] = [];
  for (const line of text.split('\n')) {
    const read = ServedAnswer.safeParse(jsonOf(line));
    if (!read.success) break;
    answers.push(read.data);
  }
  return answers;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
