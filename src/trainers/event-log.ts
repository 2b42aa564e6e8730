import { RectuneError } from '../core/errors.js';
import type { RunEvent } from '../core/run-event.js';
import { AppendFile } from '../platform/append-file.js';
import type { Store } from '../store/store.js';
import { whenStoreIsFree } from './store-patience.js';

const BATCH = 64; // events a transaction

/**
 * Keeps the events of a run: each at once in events.jsonl, and in batches in the store. A batch is written early when the
 * event is one that people wait for. A store that cannot take a batch now (another program writes, the disk is full) gets
 * it with a later one: no training dies of that.
 */
export class EventLog {
  readonly #store: Store;
  readonly #runId: string;
  readonly #file: AppendFile;
  #waiting: RunEvent[] = [];

  constructor(store: Store, runId: string, path: string) {
    this.#store = store;
    this.#runId = runId;
    this.#file = new AppendFile(path);
  }

  append(event: RunEvent): void {
    this.#file.writeLines([JSON.stringify(event)]);
    this.#waiting.push(event);
    if (this.#waiting.length < BATCH && event.event !== 'checkpoint') return;
    try {
      this.#store.atOnce(() => this.#flush());
    } catch (error) {
      if (!(error instanceof RectuneError)) throw error;
    }
  }

  /** Waits for the store as long as another program has it. Throws RectuneError 'data' when it cannot take the events. */
  async close(onWait: (line: string) => void): Promise<void> {
    this.#file.close();
    await whenStoreIsFree(this.#store, () => this.#flush(), onWait);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    this.#store.runs.appendEvents(this.#runId, this.#waiting);
    this.#waiting = [];
  }
}
