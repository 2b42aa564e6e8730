import { resolve } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import type { Split } from '../core/instruction.js';
import { type NativeInspectConfig, PROTOCOL } from '../core/run-config.js';
import type { InspectedRow, Token } from '../core/token-row.js';
import { defaultThreads } from '../platform/cpu.js';
import { requireGguf } from '../platform/gguf-file.js';
import { type NativeOptions, runNative } from '../platform/native-program.js';
import { sealedSplit } from './sealed-split.js';

/** Which rows are looked at. */
export interface InspectRequest {
  readonly studio: string;
  readonly version: DatasetVersion;
  readonly split: Split;
  readonly model: string; // path of a GGUF file; only its vocabulary is read
  readonly maxLength: number; // 0: as long as the model allows
  readonly rows?: readonly number[]; // all without it
  readonly pieces?: boolean; // each token, too
  readonly threads?: number | undefined;
}

/** Why a row cannot be used as it is. */
export interface RowProblem {
  readonly row: number;
  readonly what: string;
  readonly fix: string;
}

/** A split as a model sees it. */
export interface InspectedSplit {
  readonly limit: number; // tokens
  readonly begin: Token | null;
  readonly end: Token;
  readonly rows: readonly InspectedRow[];
  readonly problems: readonly RowProblem[];
}

/** Which rows of a file are looked at. */
export interface InspectFile extends Pick<InspectRequest, 'model' | 'maxLength' | 'rows' | 'pieces' | 'threads'> {
  readonly data: string; // path of instruction lines
  readonly labels: readonly [string, string] | null; // of rows that name none of their own
}

/**
 * The rows of a split as tokens, by the functions that training uses, and what is wrong with them.
 *
 * throws RectuneError: data (no such model, no vocabulary that can be read, a split that was changed), usage (no such row)
 */
export async function inspectRows(request: InspectRequest, options: NativeOptions = {}): Promise<InspectedSplit> {
  const { studio, version, split, maxLength } = request;
  requireGguf(request.model);
  if (version.counts[split] === 0) return { limit: maxLength, begin: null, end: [0, ''], rows: [], problems: [] };
  const data = await sealedSplit(studio, version, split);
  return inspectFile({ ...request, data, labels: version.labels }, options);
}

/** The same of any file of instruction lines. */
export async function inspectFile(request: InspectFile, options: NativeOptions = {}): Promise<InspectedSplit> {
  const { model, data, labels, maxLength } = request;
  requireGguf(model);
  const rows: InspectedRow[] = [];
  const problems: RowProblem[] = [];
  let known: Pick<InspectedSplit, 'limit' | 'begin' | 'end'> | undefined;
  const config: NativeInspectConfig = {
    protocol: PROTOCOL,
    model: resolve(model),
    data: resolve(data),
    labels: labels && [...labels],
    rows: request.rows ? [...request.rows] : null,
    maxLength,
    pieces: request.pieces ?? false,
    threads: request.threads ?? defaultThreads(),
  };
  for await (const said of runNative('inspect', config, options)) {
    if (said.event === 'vocabulary') known = { limit: said.limit, begin: said.begin, end: said.end };
    else if (said.event === 'inspected') {
      const { event: _, ...row } = said;
      rows.push(row);
    } else if (said.event === 'problem') problems.push({ row: said.row, what: said.what, fix: said.fix });
  }
  if (known === undefined) throw new Error('native told no vocabulary');
  return { ...known, rows, problems };
}
