import { ServedAnswer } from '../core/probe.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { sha256 } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import { type JournalledAnswers, journalled } from './answer-journal.js';
import type { Execution } from './execute-run.js';
import { type ServeRequest, serveRows, servingEngine } from './serve-rows.js';

/**
 * Asks rows of a file of stock llama.cpp, one at a time. What came so far is kept until it is forgotten, and is not asked again.
 *
 * throws what serveRows throws
 */
export async function askServed(
  request: ServeRequest & { readonly rows: readonly number[] },
  execution: Execution,
): Promise<JournalledAnswers<ServedAnswer>> {
  const { model, adapter, data, rows, maxLength, threads } = request;
  const memory = studioLayout.fileHashes(execution.studio);
  const hashOf = (path: string | null) => (path === null ? null : rememberedSha256(path, memory));
  const hashes = { model: await hashOf(model), adapter: await hashOf(adapter), data: await hashOf(data) };
  const work = sha256(JSON.stringify({ served: servingEngine(), ...hashes, rows, maxLength, threads }));
  const path = studioLayout.scoreJournal(execution.studio, work);
  const { signal, onStderr } = execution;
  return journalled({ path, schema: ServedAnswer, rows }, (missing) =>
    serveRows({ ...request, rows: missing }, { signal, onStderr }),
  );
}
