import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { RectuneError } from '../../core/errors.js';
import { availableThreads } from '../cpu.js';
import { makeScratch, type Scratch } from '../scratch-folder.js';
import { THREAD } from './thread.js';

const PACKAGE = '@duckdb/node-api';
const MEMORY = '512MB'; // what does not fit goes to the scratch folder
const MOST_THREADS = 4;
const BEAT = 5_000; // milliseconds between two looks whether the thread lives
const PATIENCE = 24; // looks without a sign of life
const CLOSING = 10_000; // milliseconds

/** A row: column to value, numbers of 64 bits and more as text. */
export type DuckRow = Readonly<Record<string, unknown>>;

/** Those that are open: a process that ends in the middle of a statement would wait for it. */
const open = new Set<DuckDb>();

function closeAll(): void {
  for (const one of open) one.close();
}

/** What DuckDB says of a statement that it could not run. */
export class DuckDbError extends Error {
  override readonly name = 'DuckDbError';
}

/**
 * DuckDB behind a synchronous door: it works in a thread, and this one waits, because the transaction of an import must not. It holds a bounded
 * amount of memory, writes what is more into a scratch folder, and never asks a network for anything. Loaded when it is first opened.
 */
export class DuckDb {
  readonly #scratch: Scratch;
  readonly #port: MessagePort;
  readonly #state: Int32Array<SharedArrayBuffer>;
  readonly #answers = new Map<number, Answer>(); // of statements that nobody waited for yet
  #asked = 0;
  #answered = 0;

  /**
   * inside  the folder in which its scratch folder is made; the system's for temporary files without it
   * memory  what it may hold, as DuckDB writes it, e.g. "2GB"
   * name    of the package, for tests
   * throws  RectuneError 'data' where the package is not installed; where its part for this platform is not, the first statement does
   */
  constructor({
    inside = tmpdir(),
    memory = MEMORY,
    name = PACKAGE,
  }: { inside?: string; memory?: string; name?: string } = {}) {
    const api = pathOf(name);
    this.#scratch = makeScratch(inside);
    this.#state = new Int32Array(new SharedArrayBuffer(8));
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const settings = {
      memory_limit: memory,
      threads: String(Math.min(MOST_THREADS, availableThreads())),
      temp_directory: join(this.#scratch.path, 'spilled'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    };
    const workerData = { api, settings, port: port2, state: this.#state };
    const thread = new Worker(THREAD, { eval: true, execArgv: [], workerData, transferList: [port2] });
    thread.on('error', () => {}); // told by the silence
    thread.unref();
    port1.unref();
    if (open.size === 0) process.on('exit', closeAll);
    open.add(this);
  }

  /** A folder for files that are gone when the door closes. */
  get folder(): string {
    return this.#scratch.path;
  }

  /** Runs a statement. Throws DuckDbError, RectuneError when DuckDB is not there or says nothing any more. */
  run(sql: string): DuckRow[] {
    return this.begin(sql)();
  }

  /** Begins a statement, which runs after those that began before; what is given back waits for its rows. */
  begin(sql: string): () => DuckRow[] {
    this.#port.postMessage({ sql });
    this.#asked += 1;
    const turn = this.#asked;
    return () => {
      while (this.#answered < turn) this.#answers.set(this.#answered + 1, this.#answer());
      const { rows = [], error, isMissing } = this.#answers.get(turn) as Answer;
      this.#answers.delete(turn);
      if (isMissing) throw notInstalled();
      if (error !== undefined) throw new DuckDbError(error);
      return rows;
    };
  }

  /** Ends what runs, and removes the scratch folder. */
  close(): void {
    if (!open.delete(this)) return;
    if (open.size === 0) process.off('exit', closeAll);
    this.#port.postMessage({ end: true });
    this.#asked += 1;
    for (const until = performance.now() + CLOSING; this.#told() < this.#asked && performance.now() < until; ) {
      Atomics.wait(this.#state, 0, this.#told(), CLOSING);
    }
    this.#scratch.close();
  }

  #told(): number {
    return Atomics.load(this.#state, 0);
  }

  /** The next answer. */
  #answer(): Answer {
    let beats = Atomics.load(this.#state, 1);
    for (let silent = 0; this.#told() <= this.#answered; ) {
      if (Atomics.wait(this.#state, 0, this.#told(), BEAT) !== 'timed-out') continue;
      const now = Atomics.load(this.#state, 1);
      silent = now === beats ? silent + 1 : 0;
      beats = now;
      if (silent < PATIENCE) continue;
      const fix = 'check the memory of the machine and the room for temporary files, then give the command again';
      throw new RectuneError('data', 'DuckDB does not answer any more', this.#scratch.path, fix);
    }
    this.#answered += 1;
    return receiveMessageOnPort(this.#port)?.message as Answer;
  }
}

/** What the thread says of a statement. */
interface Answer {
  readonly rows?: DuckRow[];
  readonly error?: string;
  readonly isMissing?: boolean; // the package, or its part for this platform
}

/** A text or a name in a statement. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const named = (column: string): string => `"${column.replaceAll('"', '""')}"`;

function pathOf(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    throw notInstalled();
  }
}

function notInstalled(): RectuneError {
  const what = `DuckDB, which reads Parquet, is not installed for this machine (${process.platform}-${process.arch})`;
  const fix = 'install again with optional packages (npm ci --include=optional), or save the file as CSV';
  return new RectuneError('data', what, PACKAGE, fix);
}
