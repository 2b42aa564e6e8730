import { join } from 'node:path';
import type { z } from 'zod';
import { jsonOf, parseAs } from '../core/parse.js';
import type { Run } from '../core/run.js';
import { exists, listFolder, modifiedAt, readJson, readText, sha256 } from '../platform/files.js';

const ENDING = '.json';

/** Of whose adapter and rows kept answers must be. */
export type AnsweredRun = Pick<Run, 'id' | 'versionHash' | 'modelHash' | 'adapterHash'>;

/** What every file of answers says of itself. */
type Answers = Pick<Run, 'versionHash' | 'modelHash' | 'adapterHash'>;

/** Answers, and the file that keeps them. */
export interface KeptAnswers<Result> {
  readonly file: string; // its name without the ending
  readonly sha256: string;
  readonly result: Result;
}

/**
 * The newest answers of each kind in a folder that are about a run's version, model and adapter.
 *
 * throws RectuneError 'data' for a file that holds no such answers
 */
export function newestAnswers<Result extends Answers, Kind>(
  folder: string,
  schema: z.ZodType<Result>,
  run: AnsweredRun,
  kindOf: (result: Result) => Kind,
): Map<Kind, KeptAnswers<Result>> {
  const newest = new Map<Kind, { kept: KeptAnswers<Result>; at: number }>();
  for (const name of listFolder(folder)) {
    if (!name.endsWith(ENDING) || name.startsWith('.')) continue;
    const path = join(folder, name);
    const result = parseAs(schema, readJson(path), path, 'data');
    const at = modifiedAt(path);
    if (!isOf(result, run) || (newest.get(kindOf(result))?.at ?? -1) > at) continue;
    const kept = { file: name.slice(0, -ENDING.length), sha256: sha256(readText(path)), result };
    newest.set(kindOf(result), { kept, at });
  }
  return new Map([...newest].map(([kind, { kept }]) => [kind, kept]));
}

/** The answers in one file; undefined where it is gone, or holds none of this run any more. */
export function keptAnswers<Result extends Answers>(
  path: string,
  file: string,
  schema: z.ZodType<Result>,
  run: AnsweredRun,
): KeptAnswers<Result> | undefined {
  if (!exists(path)) return undefined;
  const text = readText(path);
  const read = schema.safeParse(jsonOf(text));
  return read.success && isOf(read.data, run) ? { file, sha256: sha256(text), result: read.data } : undefined;
}

function isOf({ versionHash, modelHash, adapterHash }: Answers, run: AnsweredRun): boolean {
  return versionHash === run.versionHash && modelHash === run.modelHash && adapterHash === run.adapterHash;
}
