import { resolve } from 'node:path';
import { type NativeRankConfig, PROTOCOL } from '../core/run-config.js';
import type { RankedTitles } from '../core/title-ranking.js';
import { runNative } from '../platform/native-program.js';
import type { Execution } from './execute-run.js';

/** Which rows are answered by titles, from which set. */
export interface RankRequest {
  readonly data: string; // path of instruction lines
  readonly rows?: readonly number[] | undefined; // numbers of rows, in this order; all without it
  readonly titles: readonly string[] | null; // the set; null: each row's own choices
  readonly model: string; // path of the GGUF file
  readonly adapter: string | null; // path
  readonly maxLength: number; // tokens, as when rows are scored
  readonly beams: number; // beginnings that are followed at once
  readonly top: number; // titles that are told of a row; at most as many as beams
  readonly threads: number;
}

/**
 * The most probable titles behind each row, written by stock llama.cpp token by token within the set, each row the moment it is there.
 *
 * throws RectuneError: data (a file that cannot be read, no titles, an adapter that llama.cpp cannot load), memory, and what runNative throws
 */
export async function* rankTitles(
  request: RankRequest,
  { signal, onStderr, onEvent }: Partial<Execution> = {},
): AsyncGenerator<RankedTitles> {
  const { data, rows, titles, model, adapter, maxLength, beams, top, threads } = request;
  const config: NativeRankConfig = {
    protocol: PROTOCOL,
    model: resolve(model),
    adapter: adapter === null ? null : resolve(adapter),
    data: resolve(data),
    rows: rows === undefined ? null : [...rows],
    titles: titles && [...titles],
    maxLength,
    beams,
    top,
    threads,
  };
  for await (const said of runNative('rank', config, { signal, onStderr })) {
    onEvent?.(said);
    if (said.event !== 'ranked') continue;
    const { event: _, ...ranked } = said;
    yield ranked;
  }
}
