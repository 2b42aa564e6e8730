import type { Run } from '../core/run.js';
import type { RunEvent } from '../core/run-event.js';
import { standingEvents } from '../core/run-history.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import type { TrainResult } from '../trainers/train.js';
import type { Answer, Context } from './command.js';
import { validationNote } from './validation-note.js';

/** What the trainers need of a command's surroundings, beside the signal of context.stoppable. */
export function executionOf(context: Context): Omit<Execution, 'signal'> {
  return {
    studio: context.studio,
    now: context.now,
    onEvent: (event, run) => showEvent(context, event, run),
    onStderr: (line) => context.note(line),
  };
}

/**
 * Where the events of `train` go: to the progress line, and with --json to stdout as they come. A run that was there
 * already has no new events; then its stored ones are printed, so that a program reads the same either way.
 */
export function trainingEvents(context: Context) {
  const print = (event: RunEvent) => context.print(JSON.stringify(event));
  return {
    take(event: RunEvent, run?: Run): void {
      if (context.json) print(event);
      showEvent(context, event, run);
    },
    answer(store: Store, result: TrainResult, render: (result: TrainResult) => string): Answer | undefined {
      if (!context.json) return { value: result, text: render(result) };
      if (result.reused) standingEvents(store.runs.events(result.run.id)).forEach(print);
      return undefined;
    },
  };
}

function showEvent(context: Context, event: RunEvent, run?: Run): void {
  context.progress.event(event);
  const note = run && validationNote(context.openStore('existing'), run, event);
  if (note !== undefined) context.note(note);
}
