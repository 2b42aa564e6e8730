import { resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { exists, isFolder, sha256File } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { runState } from './run-state.js';

/**
 * The path of a run's base model: where the caller says that it lies now, else where it lay last. A new place is remembered.
 *
 * throws RectuneError (data) when the file is gone or is not the model that the run was trained on
 */
export async function modelOf(store: Store, studio: string, run: Run, given: string | undefined): Promise<string> {
  const path = given === undefined ? run.modelPath : resolve(given);
  const wanted = `sha256 ${run.modelHash.slice(0, 12)}...`;
  if (!exists(path)) {
    const fix = `name the file where the model (${wanted}) lies now: --model FILE`;
    throw new RectuneError('data', `there is no such file: the base model of run ${run.id}`, path, fix);
  }
  if ((await rememberedSha256(path, studioLayout.fileHashes(studio))) !== run.modelHash) {
    const fix = `name the file with ${wanted}: --model FILE; or train a run on this one: rectune train VERSION --model FILE`;
    throw new RectuneError('data', `this is not the model that run ${run.id} was trained on`, path, fix);
  }
  if (path !== run.modelPath) store.runs.update(run.id, { modelPath: path });
  return path;
}

/** Whether a name is that of a file: one that is there, or one that no run can have. */
export function namesFile(name: string): boolean {
  return (exists(name) && !isFolder(name)) || name.endsWith('.gguf') || /[\\/]/.test(name);
}

/** Says so when the studio knows an adapter and it learned on another file: that may be meant (a model before it was quantised). */
export function noteOtherModel(
  made: readonly Run[],
  modelHash: string,
  say: ((line: string) => void) | undefined,
): void {
  const [run] = made;
  if (!run || made.some((one) => one.modelHash === modelHash)) return;
  say?.(`note: run ${run.id} trained this adapter on another file: ${run.modelPath}`);
}

/** A run that a user named, with an adapter. Throws RectuneError (usage) when there is no such run, or it is not done. */
export async function doneRun(store: Store, studio: string, id: string): Promise<Run> {
  const run = store.runs.get(id);
  if (run.status === 'done') return run;
  const state = await runState(studio, run);
  const fix = state === 'running' ? 'wait for it to end' : `finish it first: rectune train --resume ${run.id}`;
  throw new RectuneError('usage', `run ${run.id} has no adapter yet (${state})`, 'this studio', fix);
}

/** The path of the adapter of a run that is done. Throws RectuneError (data) when it is gone or was changed. */
export async function adapterOf(studio: string, run: Run): Promise<string> {
  const path = studioLayout.adapter(studio, run.id);
  if (await isWhole(studio, run)) return path;
  const what = exists(path) ? 'was changed after it was made' : 'is gone';
  throw new RectuneError(
    'data',
    `the adapter of run ${run.id} ${what}`,
    path,
    `make it again: rectune train --resume ${run.id}`,
  );
}

/** The model that serves a run whose adapter llama.cpp does not read; null for other runs, or when the file was removed. */
export function mergedOf(studio: string, run: Run): string | null {
  const path = studioLayout.merged(studio, run.id);
  return run.config.variant === 'dora' && exists(path) ? path : null;
}

/** A run is whole when it is done and its adapter is still the file it made. */
export async function isWhole(studio: string, run: Run): Promise<boolean> {
  const path = studioLayout.adapter(studio, run.id);
  return run.status === 'done' && exists(path) && (await sha256File(path)) === run.adapterHash;
}
