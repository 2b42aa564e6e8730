import type { LogColumns } from '../core/log-columns.js';

const LATEST = Number.MAX_SAFE_INTEGER;

/** Where checked rows go; they are copied, or written, before it returns. */
export interface LogSink {
  block(rows: LogColumns): void;
  attributes(line: number, attributes: string): void;
}

/**
 * Takes the interactions of a source in batches of any size and gives them on in blocks of one size, checked: a row names a user and
 * an item that were handed over, lines grow, times are whole seconds since 1970.
 */
export class LogWriter {
  readonly #sink: LogSink;
  readonly #rows: number;
  readonly #users: Uint32Array;
  readonly #items: Uint32Array;
  readonly #ratings: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #lines: Uint32Array;
  #size = 0;
  #line = -1; // of the last row

  constructor(rows: number, sink: LogSink) {
    this.#rows = rows;
    this.#sink = sink;
    this.#users = new Uint32Array(rows);
    this.#items = new Uint32Array(rows);
    this.#ratings = new Float64Array(rows);
    this.#timestamps = new Float64Array(rows);
    this.#lines = new Uint32Array(rows);
  }

  /**
   * users, items  how many were handed over
   * throws        RangeError for a row that breaks the rules
   */
  add(batch: LogColumns, users: number, items: number): void {
    for (let begin = 0; begin < batch.size; ) {
      const end = Math.min(batch.size, begin + this.#rows - this.#size);
      this.#take(batch, begin, end, users, items);
      begin = end;
      if (this.#size === this.#rows) this.flush();
    }
    if (batch.attributes === undefined) return;
    for (let row = 0; row < batch.size; row++) {
      const own = batch.attributes[row] ?? null;
      if (own !== null) this.#sink.attributes(batch.lines[row] as number, own);
    }
  }

  flush(): void {
    if (this.#size === 0) return;
    const size = this.#size;
    this.#size = 0;
    this.#sink.block({
      size,
      users: this.#users.subarray(0, size),
      items: this.#items.subarray(0, size),
      ratings: this.#ratings.subarray(0, size),
      timestamps: this.#timestamps.subarray(0, size),
      lines: this.#lines.subarray(0, size),
      attributes: undefined,
    });
  }

  #take(batch: LogColumns, begin: number, end: number, users: number, items: number): void {
    let [at, last] = [this.#size, this.#line];
    for (let row = begin; row < end; row++, at++) {
      const [user, item, line] = [batch.users[row] as number, batch.items[row] as number, batch.lines[row] as number];
      const [rating, timestamp] = [batch.ratings[row] as number, batch.timestamps[row] as number];
      if (user >= users) throw new RangeError(`line ${line} names user ${user} of ${users}`);
      if (item >= items) throw new RangeError(`line ${line} names item ${item} of ${items}`);
      if (line <= last) throw new RangeError(`line ${line} comes after line ${last}`);
      if (timestamp < 0 || (timestamp !== Math.floor(timestamp) && !Number.isNaN(timestamp)) || timestamp > LATEST)
        throw new RangeError(`line ${line} has the time ${timestamp}`);
      this.#users[at] = user;
      this.#items[at] = item;
      this.#ratings[at] = rating + 0; // -0 becomes 0
      this.#timestamps[at] = timestamp + 0;
      this.#lines[at] = line;
      last = line;
    }
    this.#size = at;
    this.#line = last;
  }
}
