import { resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run, StartAdapter } from '../core/run.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { copySealed, exists, sha256File } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { adapterOf, doneRun, namesFile } from './run-files.js';
import { configHash } from './run-identity.js';

/**
 * The adapter that a user names to begin from: a file, or a run of this studio. Either way the run that made it is known by its content.
 *
 * throws  RectuneError: usage (no such run, or it is not done), data (no such file; the run's adapter is gone or was changed)
 */
export async function namedStartAdapter(
  store: Store,
  studio: string,
  name: string,
): Promise<{ path: string; from: StartAdapter; madeBy: readonly Run[] }> {
  const named = namesFile(name) ? undefined : await doneRun(store, studio, name);
  const path = named ? await adapterOf(studio, named) : resolve(name);
  const hash = named?.adapterHash ?? (await rememberedSha256(path, studioLayout.fileHashes(studio)));
  const madeBy = named ? [named] : store.runs.ofAdapter(hash);
  return { path, from: { hash, runId: madeBy.at(-1)?.id ?? null }, madeBy };
}

/**
 * The start adapter of a run as native/ is to read it: the copy in the run's folder, which is made when the run begins. So the
 * run can go on, or begin anew, whatever becomes of the user's file. Before there is a copy it is that file itself, and what
 * native/ may say of it names the place that the user knows.
 *
 * returns  null for a run without start adapter
 * throws   RectuneError (data): neither copy nor file holds the adapter that is part of the run's identity; or the copy cannot be written
 */
export async function keptStartAdapter(studio: string, run: Run): Promise<string | null> {
  const { adapter } = run.config;
  if (adapter === null) return null;
  const copy = studioLayout.startAdapter(studio, run.id);
  if (await isStartOf(run, copy)) return copy;
  if (!(await isStartOf(run, adapter))) {
    const what = exists(adapter) ? 'was changed after the run began' : 'is gone';
    const fix = 'put the file that the run began from back there; on another start adapter, train another run';
    throw new RectuneError('data', `the start adapter of run ${run.id} ${what}`, adapter, fix);
  }
  copySealed(adapter, copy);
  return adapter;
}

/** The run's identity is over the content of its start adapter: only the right file gives the same hash again. */
async function isStartOf(run: Run, path: string): Promise<boolean> {
  if (!exists(path)) return false;
  const { versionHash, modelHash } = run;
  return configHash(run.config, { versionHash, modelHash, adapterHash: await sha256File(path) }) === run.configHash;
}
