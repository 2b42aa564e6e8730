import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { lockHolder } from '../platform/lock.js';
import { studioLayout } from '../platform/studio.js';

/** How a run stands: as the store says, or "cut short" when its process died without a word. */
export type RunState = Run['status'] | 'cut short';

export async function runState(studio: string, { id, status }: Run): Promise<RunState> {
  if (status !== 'running') return status;
  return (await lockHolder(studioLayout.runLock(studio, id))) === undefined ? 'cut short' : status;
}

/**
 * The answer to a run that was begun before and has checkpoints: while a process trains it, wait; else go on or begin anew.
 * The folder of a living run must never be removed.
 */
export async function begunBefore(studio: string, run: Run): Promise<RectuneError> {
  const folder = studioLayout.run(studio, run.id);
  const holder = await lockHolder(studioLayout.runLock(studio, run.id));
  if (holder !== undefined) return beingTrained(run.id, holder, folder);
  const how = run.status === 'running' ? 'was cut short' : run.status === 'failed' ? 'failed' : `was ${run.status}`;
  const fix = `go on with: rectune train --resume ${run.id}; or remove ${folder} to begin anew`;
  return new RectuneError('usage', `run ${run.id} was begun before and ${how}`, folder, fix);
}

export function beingTrained(id: string, holder: number, folder: string): RectuneError {
  const fix = 'wait for it to end, or stop it (SIGTERM saves a checkpoint)';
  return new RectuneError('usage', `run ${id} is being trained by process ${holder}`, folder, fix);
}
