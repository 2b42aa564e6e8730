import type { Database } from 'better-sqlite3';
import type { LogColumns } from '../core/log-columns.js';
import { InteractionBlocks } from './interaction-blocks.js';

/** One row of a log; NaN: none. */
export interface LogRow {
  readonly user: number; // position
  readonly item: number; // position
  readonly rating: number;
  readonly timestamp: number;
  readonly line: number;
}

/** The interactions of sources, wherever they are kept. */
export class KeptLog {
  readonly #blocks: InteractionBlocks;

  constructor(database: Database) {
    this.#blocks = new InteractionBlocks(database);
  }

  /** All rows of a source in log order, without attributes. The store may be written to meanwhile. */
  *columns(sourceKey: number): Generator<LogColumns, void> {
    for (let after = -1; ; ) {
      const block = this.#blocks.after(sourceKey, after);
      if (block === undefined) return;
      yield block;
      after = block.lines[block.size - 1] as number;
    }
  }

  /** Those of some lines that there are, in the order of the lines asked for. */
  rowsAt(sourceKey: number, lines: readonly number[]): LogRow[] {
    let last: LogColumns | undefined;
    return lines.flatMap((line) => {
      if (!last || rowOf(last, line) === undefined) last = this.#blocks.holding(sourceKey, line) ?? last;
      const row = last && rowOf(last, line);
      if (last === undefined || row === undefined) return [];
      return {
        user: last.users[row] as number,
        item: last.items[row] as number,
        rating: last.ratings[row] as number,
        timestamp: last.timestamps[row] as number,
        line,
      };
    });
  }
}

/** The row of a line, by halves. */
function rowOf({ lines, size }: LogColumns, line: number): number | undefined {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle] as number) < line) low = middle + 1;
    else high = middle;
  }
  return low < size && lines[low] === line ? low : undefined;
}
