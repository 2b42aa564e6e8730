import { join } from 'node:path';
import type { Run } from '../core/run.js';
import type { RunEvent } from '../core/run-event.js';
import { runNative } from '../platform/native-program.js';
import type { Store } from '../store/store.js';
import { RunAttempt } from './run-attempt.js';

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

/** A run that is to be trained: from its beginning, or from its newest checkpoint. */
export interface PlannedRun {
  run: Run;
  how: 'begin' | 'resume';
}

/**
 * Carries a run out in a process of its own, and keeps its state in the store: running, then done, stopped or failed. Events go to
 * runs/<id>/events.jsonl and to the store.
 *
 * throws what runNative throws, after the state is saved
 */
export async function executeRun(store: Store, { run, how }: PlannedRun, execution: Execution): Promise<Run> {
  const attempt = await RunAttempt.open(store, run, how, execution);
  try {
    await attempt.begin();
    try {
      const { signal, onStderr } = execution;
      const configPath = join(run.config.runDirectory, 'config.json');
      for await (const event of runNative('train', await attempt.config(), { signal, onStderr, configPath })) {
        attempt.take(event);
      }
      return await attempt.done();
    } catch (error) {
      throw await attempt.failed(error);
    }
  } finally {
    await attempt.close();
  }
}
