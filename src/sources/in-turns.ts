import { setImmediate } from 'node:timers/promises';

const TURN = 50; // ms of work before others have their turn: signals, which Node tells of between two turns only

/**
 * Does long synchronous work that pauses at its steps, and lets others have their turn now and then. Where it does not come to its
 * end the work is ended at a step, so that it can clean up.
 *
 * goesOn   called after each step; what it throws ends the work
 * returns  what the work returns
 */
export async function inTurns<Result>(steps: Iterator<void, Result>, goesOn: () => void): Promise<Result> {
  let began = performance.now();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (performance.now() - began >= TURN) {
        await setImmediate();
        began = performance.now();
      }
      goesOn();
    }
  } finally {
    steps.return?.();
  }
}
