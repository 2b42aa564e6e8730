import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { NativeTrainConfig } from '../core/run-config.js';
import type { RunEvent } from '../core/run-event.js';
import { listFolder, remove, sha256File } from '../platform/files.js';
import { type Lock, tryLock } from '../platform/lock.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { EventLog } from './event-log.js';
import type { Execution } from './execute-run.js';
import { beingTrained } from './run-state.js';
import { keptStartAdapter } from './start-adapter.js';
import { whenStoreIsFree } from './store-patience.js';

/** True when a run left a checkpoint to go on from. */
export function hasCheckpoint(runDirectory: string): boolean {
  return listFolder(join(runDirectory, 'checkpoints')).some((name) => !name.startsWith('.') && !name.endsWith('.tmp'));
}

/**
 * One attempt to train a run: it holds the run's lock, and keeps its state in the store and its events in its log, whichever process
 * trains it. open, begin, take each event, then done or failed; close in any case.
 */
export class RunAttempt {
  run: Run;
  readonly #store: Store;
  readonly #how: 'begin' | 'resume';
  readonly #execution: Execution;
  readonly #lock: Lock;
  readonly #isNew: boolean;
  #begun = false;
  #stepped = false;
  #over = false;
  #adapter: string | null = null;
  #log: EventLog | undefined;

  private constructor(store: Store, run: Run, how: 'begin' | 'resume', execution: Execution, lock: Lock) {
    this.run = run;
    this.#store = store;
    this.#how = how;
    this.#execution = execution;
    this.#lock = lock;
    this.#isNew = store.runs.find(run.id) === undefined;
    if (this.#isNew) remove(run.config.runDirectory); // of a studio that lost its store
  }

  /** Throws RectuneError (usage) while another process trains the run. */
  static async open(store: Store, run: Run, how: 'begin' | 'resume', execution: Execution): Promise<RunAttempt> {
    const lock = await tryLock(studioLayout.runLock(execution.studio, run.id));
    if ('heldBy' in lock) throw beingTrained(run.id, lock.heldBy, run.config.runDirectory);
    try {
      return new RunAttempt(store, run, how, execution, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What native/ is told. Throws RectuneError (data) when the start adapter is gone. */
  async config(): Promise<NativeTrainConfig> {
    const adapter = await keptStartAdapter(this.#execution.studio, this.run);
    return NativeTrainConfig.parse({ ...this.run.config, adapter, resume: this.#how === 'resume' });
  }

  /** Whether it has begun, and neither `done` nor `failed` was said of it. */
  get isRunning(): boolean {
    return this.#begun && !this.#over;
  }

  /** The run is running, says the store from now on. */
  async begin(): Promise<void> {
    this.#begun = true;
    if (this.#how === 'begin') {
      this.run = { ...this.run, startedAt: this.#execution.now().toISOString() }; // in a series, others came before
      await whenStoreIsFree(this.#store, () => this.#store.runs.save(this.run), this.#onWait);
    } else await this.#update({ status: 'running', modelPath: this.run.modelPath });
  }

  take(event: RunEvent): void {
    this.#log ??= new EventLog(this.#store, this.run.id, join(this.run.config.runDirectory, 'events.jsonl'));
    this.#log.append(event);
    this.#stepped ||= event.event === 'step';
    if (event.event === 'done') this.#adapter = event.output;
    this.#execution.onEvent?.(event, this.run);
  }

  /** After the event `done`. */
  async done(): Promise<Run> {
    await this.#closeLog();
    if (this.#adapter === null) throw new Error('native said "done" for train without naming the adapter');
    const made = { status: 'done', adapterHash: await sha256File(this.#adapter) } as const;
    await this.#update(made);
    this.#over = true;
    return { ...this.run, ...made };
  }

  /**
   * Keeps that the run failed or was stopped. A new run that was refused before its first step (a broken model, an unknown layer, too little memory) leaves
   * nothing; a run that was there before keeps what it has.
   *
   * returns  what to throw
   */
  async failed(error: unknown): Promise<unknown> {
    this.#over = true;
    await this.#closeLog().catch(() => {}); // what happened counts for more
    if (this.#isNew && !this.#stepped && isRefusal(error)) {
      await whenStoreIsFree(this.#store, () => this.#store.runs.remove(this.run.id), this.#onWait).catch(() => {});
      remove(this.run.config.runDirectory);
      return error;
    }
    const wasStopped = error instanceof RectuneError && error.kind === 'stopped';
    // A store that cannot take the state must not hide what happened: the run then counts as cut short.
    await this.#update({ status: wasStopped ? 'stopped' : 'failed' }).catch(() => {});
    return wasStopped ? stoppedRun(this.run, error) : error;
  }

  /** A new run that never began leaves nothing. */
  async close(): Promise<void> {
    if (this.#isNew && !this.#begun) remove(this.run.config.runDirectory);
    await this.#lock.release();
  }

  readonly #onWait = (line: string) => this.#execution.onStderr?.(line);

  #update(change: Parameters<Store['runs']['update']>[1]): Promise<void> {
    return whenStoreIsFree(this.#store, () => this.#store.runs.update(this.run.id, change), this.#onWait);
  }

  async #closeLog(): Promise<void> {
    const log = this.#log;
    this.#log = undefined;
    await log?.close(this.#onWait);
  }
}

/** The config, the model, the data or the machine do not do: nothing that another try of the same would change. */
function isRefusal(error: unknown): boolean {
  return error instanceof RectuneError && ['usage', 'data', 'memory'].includes(error.kind);
}

function stoppedRun(run: Run, error: RectuneError): RectuneError {
  const saved = hasCheckpoint(run.config.runDirectory);
  const fix = saved
    ? `go on with: rectune train --resume ${run.id}`
    : 'give the same command again; it had saved no checkpoint yet';
  return new RectuneError('stopped', `run ${run.id}: ${error.message}`, run.config.runDirectory, fix);
}
