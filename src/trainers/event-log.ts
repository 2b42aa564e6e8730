import type { RunEvent } from '../core/run-event.js';
import { AppendFile } from '../platform/append-file.js';
import type { Store } from '../store/store.js';

const BATCH = 64; // events a transaction

/**
 * Keeps the events of a run: each at once in events.jsonl, and in batches in the store. A batch is written early when the
 * event is one that people wait for.
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
    if (this.#waiting.length >= BATCH || event.event === 'checkpoint') this.flush();
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#store.runs.appendEvents(this.#runId, this.#waiting);
    this.#waiting = [];
  }

  close(): void {
    this.flush();
    this.#file.close();
  }
}
