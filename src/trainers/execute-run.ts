import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { NativeTrainConfig } from '../core/run-config.js';
import type { RunEvent } from '../core/run-event.js';
import { listFolder, remove, sha256File } from '../platform/files.js';
import { tryLock } from '../platform/lock.js';
import { runNative } from '../platform/native-program.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { EventLog } from './event-log.js';
import { beingTrained } from './run-state.js';
import { keptStartAdapter } from './start-adapter.js';
import { whenStoreIsFree } from './store-patience.js';

/** What every long task of the trainers needs from its caller. */
export interface Execution {
  /** Folder of the studio. */
  studio: string;
  now: () => Date;
  /** Aborting it saves a checkpoint and ends with a `stopped` error. */
  signal?: AbortSignal | undefined;
  onEvent?: ((event: RunEvent, run?: Run) => void) | undefined; // run: the one that is trained
  /** Words of native/ for people. */
  onStderr?: ((line: string) => void) | undefined;
}

/** True when a run left a checkpoint to go on from. */
export function hasCheckpoint(runDirectory: string): boolean {
  return listFolder(join(runDirectory, 'checkpoints')).some((name) => !name.startsWith('.') && !name.endsWith('.tmp'));
}

/**
 * Carries a run out, from its beginning or from its newest checkpoint, and keeps its state in the store: running, then
 * done, stopped or failed. Events go to runs/<id>/events.jsonl and to the store. A new run that native refuses before its
 * first step (a broken model, an unknown layer) leaves nothing; a run that was there before keeps what it has.
 *
 * throws what runNative throws, after the state is saved
 */
export async function executeRun(store: Store, run: Run, how: 'begin' | 'resume', execution: Execution): Promise<Run> {
  const folder = run.config.runDirectory;
  const lock = await tryLock(studioLayout.runLock(execution.studio, run.id));
  if ('heldBy' in lock) throw beingTrained(run.id, lock.heldBy, folder);
  const onWait = execution.onStderr ?? (() => {});
  const update = (change: Parameters<Store['runs']['update']>[1]) =>
    whenStoreIsFree(store, () => store.runs.update(run.id, change), onWait);
  const isNew = store.runs.find(run.id) === undefined;
  let stepped = false;
  const onEvent = (event: RunEvent) => {
    stepped ||= event.event === 'step';
    execution.onEvent?.(event, run);
  };
  try {
    if (isNew) remove(folder); // of a studio that lost its store
    if (how === 'begin') {
      await whenStoreIsFree(store, () => store.runs.save(run), onWait);
    } else await update({ status: 'running', modelPath: run.modelPath });
    try {
      const adapter = await trainIn(store, run, how, { ...execution, onEvent });
      const made = { status: 'done', adapterHash: await sha256File(adapter) } as const;
      await update(made);
      return { ...run, ...made };
    } catch (error) {
      if (isNew && !stepped && isRefusal(error)) {
        await whenStoreIsFree(store, () => store.runs.remove(run.id), onWait).catch(() => {});
        remove(folder);
        throw error;
      }
      const wasStopped = error instanceof RectuneError && error.kind === 'stopped';
      // A store that cannot take the state must not hide what happened: the run then counts as cut short.
      await update({ status: wasStopped ? 'stopped' : 'failed' }).catch(() => {});
      throw wasStopped ? stoppedRun(run, error) : error;
    }
  } finally {
    await lock.release();
  }
}

/** The config, the model or the data do not do: nothing that another try of the same would change. */
function isRefusal(error: unknown): boolean {
  return error instanceof RectuneError && (error.kind === 'usage' || error.kind === 'data');
}

/** Runs the native trainer to its end; returns the path of the adapter. */
async function trainIn(store: Store, run: Run, how: 'begin' | 'resume', execution: Execution): Promise<string> {
  const folder = run.config.runDirectory;
  const onWait = execution.onStderr ?? (() => {});
  const start = await keptStartAdapter(execution.studio, run);
  const log = new EventLog(store, run.id, join(folder, 'events.jsonl'));
  let adapter: string | null = null;
  try {
    const config = NativeTrainConfig.parse({ ...run.config, adapter: start, resume: how === 'resume' });
    const options = { signal: execution.signal, onStderr: execution.onStderr, configPath: join(folder, 'config.json') };
    for await (const event of runNative('train', config, options)) {
      log.append(event);
      if (event.event === 'done') adapter = event.output;
      execution.onEvent?.(event);
    }
  } catch (error) {
    await log.close(onWait).catch(() => {}); // what native said counts for more
    throw error;
  }
  await log.close(onWait);
  if (adapter === null) throw new Error('native said "done" for train without naming the adapter');
  return adapter;
}

function stoppedRun(run: Run, error: RectuneError): RectuneError {
  const saved = hasCheckpoint(run.config.runDirectory);
  const fix = saved
    ? `go on with: rectune train --resume ${run.id}`
    : 'give the same command again; it had saved no checkpoint yet';
  return new RectuneError('stopped', `run ${run.id}: ${error.message}`, run.config.runDirectory, fix);
}
