import { resolve } from 'node:path';
import type { ServedAnswer } from '../core/probe.js';
import { type NativeServeConfig, PROTOCOL } from '../core/run-config.js';
import { requireGguf } from '../platform/gguf-file.js';
import { llamaRelease } from '../platform/llama-release.js';
import { runNative } from '../platform/native-program.js';
import type { Execution } from './execute-run.js';

/** Which rows are answered, and by what. */
export interface ServeRequest {
  readonly data: string; // path of instruction lines
  readonly labels: readonly [string, string] | null; // of rows that name none of their own, the positive one first
  readonly model: string; // path of the GGUF file as it is served: of an adapter with magnitudes the merged model
  readonly adapter: string | null; // path; null: none, or merged into the model
  readonly rows?: readonly number[] | undefined; // numbers of rows, answered in this order; all without it
  readonly maxLength: number; // tokens, as when they are scored; 0: as long as the model allows
  readonly threads: number;
}

/** The release of llama.cpp that answers, for example "v0.5.0". */
export function servingEngine(): string {
  return llamaRelease().version;
}

/**
 * Rows answered one at a time by stock llama.cpp, as llama-server and Ollama answer them, each the moment it is there.
 *
 * throws RectuneError: data (a file that cannot be read, a row that is not there, an adapter that llama.cpp cannot load), memory, and what runNative throws
 */
export async function* serveRows(
  request: ServeRequest,
  { signal, onStderr, onEvent }: Partial<Execution> = {},
): AsyncGenerator<ServedAnswer> {
  const { data, labels, model, adapter, rows, maxLength, threads } = request;
  requireGguf(model);
  if (adapter !== null) requireGguf(adapter, 'name the GGUF file of an adapter');
  const config: NativeServeConfig = {
    protocol: PROTOCOL,
    model: resolve(model),
    adapter: adapter === null ? null : resolve(adapter),
    data: resolve(data),
    labels: labels && [...labels],
    rows: rows === undefined ? null : [...rows],
    maxLength,
    threads,
  };
  for await (const said of runNative('serve', config, { signal, onStderr })) {
    onEvent?.(said);
    if (said.event !== 'served') continue;
    const { event: _, ...answer } = said;
    yield answer;
  }
}
