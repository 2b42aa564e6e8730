import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { type NativeTrainConfig, PROTOCOL } from '../core/run-config.js';
import { runNativeSeries, writeConfig } from '../platform/native-program.js';
import type { Store } from '../store/store.js';
import { type Execution, executeRun, type PlannedRun } from './execute-run.js';
import { RunAttempt } from './run-attempt.js';

/** What the runs of one process share: docs/protocol.md, "series". */
export const SHARED = [
  'model',
  'data',
  'labels',
  'maxLength',
  'cacheHidden',
  'cachePrecision',
  'cacheLimit',
  'cacheDirectory',
  'device',
  'threads',
] as const satisfies readonly (keyof NativeTrainConfig)[];

/**
 * Carries runs out one after the other, those that share model and rows in one process. Each run keeps its lock, its state, its config and
 * its events as if it were alone. The first that fails or is stopped ends the series: those before it are done, those after it were not begun.
 *
 * onBegin  before a run's first event
 * onDone   after a run is done, with its place
 * throws   what executeRun throws, naming the run
 */
export async function executeSeries(
  store: Store,
  planned: readonly PlannedRun[],
  execution: Execution,
  onBegin: (run: Run) => void,
  onDone: (run: Run) => void,
): Promise<void> {
  const processes = new Map<string, PlannedRun[]>();
  for (const one of planned) {
    const key = JSON.stringify(SHARED.map((name) => one.run.config[name]));
    processes.set(key, [...(processes.get(key) ?? []), one]);
  }
  for (const runs of processes.values()) {
    const [only] = runs;
    if (only && runs.length === 1) {
      onBegin(only.run);
      onDone(await executeRun(store, only, execution));
    } else await executeTogether(store, runs, execution, onBegin, onDone);
  }
}

async function executeTogether(
  store: Store,
  planned: readonly PlannedRun[],
  execution: Execution,
  onBegin: (run: Run) => void,
  onDone: (run: Run) => void,
): Promise<void> {
  const attempts: RunAttempt[] = [];
  let current: RunAttempt | undefined;
  try {
    // All locks before the process starts: it is ahead of what we hear.
    for (const { run, how } of planned) attempts.push(await RunAttempt.open(store, run, how, execution));
    const runs: NativeTrainConfig[] = [];
    for (const attempt of attempts) runs.push(await attempt.config());
    const { signal, onStderr } = execution;
    for await (const { event, run } of runNativeSeries({ protocol: PROTOCOL, runs }, { signal, onStderr })) {
      if (run === undefined) continue; // each run says itself what holds for all
      const attempt = attempts[run];
      const config = runs[run];
      if (!attempt || !config) throw new Error(`native speaks of run ${run} of ${runs.length}`);
      if (attempt !== current) {
        current = attempt;
        onBegin(attempt.run);
        await attempt.begin();
        writeConfig(join(config.runDirectory, 'config.json'), config);
      }
      attempt.take(event);
      if (event.event === 'done') onDone(await attempt.done());
    }
  } catch (error) {
    if (!current?.isRunning) throw error;
    throw named(current.run, await current.failed(error));
  } finally {
    for (const attempt of attempts) await attempt.close();
  }
}

/** The error of one of several runs says which. */
function named(run: Run, error: unknown): unknown {
  if (!(error instanceof RectuneError) || error.kind === 'stopped') return error; // a stopped run is named already
  return new RectuneError(error.kind, `run ${run.id}: ${error.message}`, error.where, error.fix);
}
