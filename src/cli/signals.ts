/** Runs a task that a signal asks to end in good order: SIGINT and SIGTERM abort the task's signal. */
export type Stoppable = <T>(task: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** What a process offers here; a test puts an emitter in its place. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Listens to signals while a task runs and no longer: without a listener a signal ends the process at once, which is right
 * for work that keeps nothing half done, and the only way to end it while it is busy without a pause.
 *
 * say         a line to stderr
 * endAtOnce   for the second signal; does not come back
 */
export function stoppableBy(source: SignalSource, say: (text: string) => void, endAtOnce: () => void): Stoppable {
  return async (task) => {
    const controller = new AbortController();
    const stop = () => {
      if (controller.signal.aborted) return endAtOnce();
      say('\nstopping in good order (a training saves a checkpoint first); a second signal ends at once\n');
      controller.abort();
    };
    source.on('SIGINT', stop);
    source.on('SIGTERM', stop);
    try {
      return await task(controller.signal);
    } finally {
      source.off('SIGINT', stop);
      source.off('SIGTERM', stop);
    }
  };
}
