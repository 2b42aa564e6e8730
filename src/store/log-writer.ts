import { ColumnsBuffer, type LogColumns } from '../core/log-columns.js';

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
  readonly #block: ColumnsBuffer;
  #line = -1; // of the last row

  constructor(rows: number, sink: LogSink) {
    this.#sink = sink;
    this.#block = new ColumnsBuffer(rows);
  }

  /**
   * users, items  how many were handed over
   * throws        RangeError for a row that breaks the rules
   */
  add(batch: LogColumns, users: number, items: number): void {
    for (let begin = 0; begin < batch.size; ) {
      const end = Math.min(batch.size, begin + this.#block.room);
      this.#take(batch, begin, end, users, items);
      begin = end;
      if (this.#block.isFull) this.flush();
    }
    if (batch.attributes === undefined) return;
    for (let row = 0; row < batch.size; row++) {
      const own = batch.attributes[row] ?? null;
      if (own !== null) this.#sink.attributes(batch.lines[row] as number, own);
    }
  }

  flush(): void {
    const rows = this.#block.take();
    if (rows.size > 0) this.#sink.block(rows);
  }

  #take(batch: LogColumns, begin: number, end: number, users: number, items: number): void {
    for (let row = begin; row < end; row++) {
      const [user, item, line] = [batch.users[row] as number, batch.items[row] as number, batch.lines[row] as number];
      const [rating, timestamp] = [batch.ratings[row] as number, batch.timestamps[row] as number];
      if (user >= users) throw new RangeError(`line ${line} names user ${user} of ${users}`);
      if (item >= items) throw new RangeError(`line ${line} names item ${item} of ${items}`);
      if (line <= this.#line) throw new RangeError(`line ${line} comes after line ${this.#line}`);
      if (timestamp < 0 || (timestamp !== Math.floor(timestamp) && !Number.isNaN(timestamp)) || timestamp > LATEST)
        throw new RangeError(`line ${line} has the time ${timestamp}`);
      this.#block.add(user, item, rating + 0, timestamp + 0, line); // -0 becomes 0
      this.#line = line;
    }
  }
}
