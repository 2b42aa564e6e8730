import type { z } from 'zod';
import type { AskedRunFacts } from '../core/asked-run.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import type { Random } from '../core/random.js';
import type { Run } from '../core/run.js';
import { exists, readJson, sha256, writeSealed } from '../platform/files.js';
import { withLock } from '../platform/lock.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { adapterOf, doneRun, mergedOf, modelOf } from './run-files.js';
import { findVersion } from './sealed-split.js';

/** A run that is done, whose models are asked about rows of its version. */
export interface AskedRun {
  readonly run: Run;
  readonly version: DatasetVersion;
  readonly model: string; // path of the base model
  readonly adapter: string; // path
  readonly merged: string | null; // path of both in one, of a run whose adapter llama.cpp does not read
  readonly facts: AskedRunFacts; // what every file of answers says of itself
}

/**
 * A run by its name, with its files.
 *
 * model   where the base model lies now; where it lay last without it
 * throws  RectuneError: usage (no such run, not done), data (model or adapter gone or changed)
 */
export async function openAskedRun(
  store: Store,
  studio: string,
  { run: id, model: given }: { readonly run: string; readonly model?: string | undefined },
): Promise<AskedRun> {
  const run = await doneRun(store, studio, id);
  const version = findVersion(store, run.versionHash);
  const model = await modelOf(store, studio, run, given);
  const adapter = await adapterOf(studio, run);
  const facts = {
    format: 1 as const,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
  };
  return { run, version, model, adapter, merged: mergedOf(studio, run), facts };
}

/** From which files stock llama.cpp answers. */
export interface ServedFiles {
  readonly model: string; // path
  readonly adapter: string | null; // path; null: none, or merged into the model
}

/**
 * With the adapter, and the base model alone.
 *
 * throws RectuneError 'data' for an adapter that llama.cpp does not read, when the merged model that takes its place is gone
 */
export function servedFiles(studio: string, asked: AskedRun): { adapter: ServedFiles; base: ServedFiles } {
  const { model, adapter, merged } = asked;
  const unserved = whyNotServed(studio, asked);
  if (unserved) throw unserved;
  return {
    adapter: merged === null ? { model, adapter } : { model: merged, adapter: null },
    base: { model, adapter: null },
  };
}

/** Why stock llama.cpp cannot answer with a run's adapter; undefined: it can. */
export function whyNotServed(studio: string, { run, merged }: Pick<AskedRun, 'run' | 'merged'>) {
  if (run.config.variant !== 'dora' || merged !== null) return undefined;
  const path = studioLayout.merged(studio, run.id);
  return new RectuneError(
    'data',
    'llama.cpp does not read an adapter with magnitudes (DoRA), and the merged model that is served in its place is gone',
    path,
    `make it again: rectune merge ${run.id} --out ${path}`,
  );
}

/** So many rows at most, ascending. */
export function drawRows<Row extends { readonly row: number }>(
  eligible: readonly Row[],
  most: number,
  random: Random,
): Row[] {
  return random
    .shuffle(eligible)
    .slice(0, most)
    .sort((a, b) => a.row - b.row);
}

/** What was said, and where it is kept. */
export interface KeptAnswer<Result> {
  readonly result: Result;
  readonly path: string;
  readonly reused: boolean; // it was there before
}

/** A question, and where its answer is kept. */
export interface KeptQuestion<Result> {
  readonly question: unknown; // all that decides the answer
  readonly schema: z.ZodType<Result>;
  readonly again: boolean; // answered anew, whatever is there
  /** Path of the file by the name of the question. */
  pathOf(id: string): string;
}

/** An answer, and how to remove what was kept in case that it is cut short. */
export interface Answered<Result> {
  readonly result: Result;
  forget?(): void;
}

/**
 * Answers a question once: the answer is sealed under the hash of the question, and read from there when the same is asked again, by whatever process.
 *
 * answer  is given the question's name
 * throws  what answer throws; RectuneError 'data' for a kept file that holds something else
 */
export async function answeredOnce<Result>(
  { question, schema, again, pathOf }: KeptQuestion<Result>,
  { onStderr }: Pick<Execution, 'onStderr'>,
  answer: (id: string) => Promise<Answered<Result>>,
): Promise<KeptAnswer<Result>> {
  const id = sha256(JSON.stringify(question)).slice(0, 16);
  const path = pathOf(id);
  const kept = () => ({ result: readAnswers(path, schema), path, reused: true });
  if (exists(path) && !again) return kept();
  const waiting = (pid: number) => onStderr?.(`waiting for process ${pid}, which asks the same`);
  return withLock(`${path}.lock`, waiting, async () => {
    if (exists(path) && !again) return kept(); // answered while this one waited
    const { result, forget } = await answer(id);
    writeSealed(path, `${JSON.stringify(schema.parse(result))}\n`);
    forget?.();
    return { result, path, reused: false };
  });
}

/** throws RectuneError 'data' for a file that holds no such answers */
export function readAnswers<Result>(path: string, schema: z.ZodType<Result>): Result {
  return parseAs(schema, readJson(path), path, 'data');
}
