import { RectuneError } from '../core/errors.js';
import type { RunEvent } from '../core/run-event.js';
import { runNative } from '../platform/native-program.js';
import type { Store } from '../store/store.js';
import { planTraining, type TrainRequest } from './train.js';

/** What a run would take; remaining is the time of all of it, in seconds. */
export type RunEstimate = Extract<RunEvent, { event: 'estimate' }> & { remaining: number };

/**
 * Memory and time of the run that trainRun would carry out from its beginning, measured on a few of its own passes. Begins nothing: no run,
 * no folder.
 *
 * throws RectuneError: usage (settings, or a run that was begun or is done), data, memory when no such run fits, stopped
 */
export async function estimateRun(store: Store, request: TrainRequest): Promise<RunEstimate> {
  const plan = await planTraining(store, { ...request, unfinished: 'refuse' });
  if ('reused' in plan) {
    const what = `run ${plan.run.id} is done: it takes nothing any more`;
    throw new RectuneError('usage', what, '--estimate', 'change a setting, or see it with rectune report');
  }
  const { signal, onStderr, onEvent } = request;
  let found: RunEstimate | undefined;
  for await (const event of runNative('estimate', plan.run.config, { signal, onStderr })) {
    onEvent?.(event, plan.run);
    if (event.event === 'estimate' && event.remaining !== null) found = { ...event, remaining: event.remaining };
  }
  if (!found) throw new Error('native ended without an estimate');
  return found;
}
