import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import type { LogColumns } from '../core/log-columns.js';
import { studioLayout } from '../platform/studio.js';
import { InteractionBlocks } from './interaction-blocks.js';
import { LogFile } from './log-file.js';

/** One row of a log; NaN: none. */
export interface LogRow {
  readonly user: number; // position
  readonly item: number; // position
  readonly rating: number;
  readonly timestamp: number;
  readonly line: number;
}

/** The interactions of sources, in SQLite or in files beside it. */
export class KeptLog {
  readonly folder: string; // of the files
  readonly #database: Database;
  readonly #blocks: InteractionBlocks;

  constructor(database: Database) {
    this.folder = studioLayout.logs(dirname(database.name));
    this.#database = database;
    this.#blocks = new InteractionBlocks(database);
  }

  /** All rows of a source in log order, without attributes. The store may be written to meanwhile. */
  *columns(sourceKey: number): Generator<LogColumns, void> {
    const file = this.#open(sourceKey);
    if (file) yield* file.columns();
    else yield* this.#stored(sourceKey);
  }

  /** Those of some lines that there are, in the order of the lines asked for. */
  rowsAt(sourceKey: number, lines: readonly number[]): LogRow[] {
    const file = this.#open(sourceKey);
    let last: LogColumns | undefined;
    try {
      return lines.flatMap((line) => {
        if (!last || rowOf(last, line) === undefined) {
          last = (file ? file.holding(line) : this.#blocks.holding(sourceKey, line)) ?? last;
        }
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
    } finally {
      file?.close();
    }
  }

  /** Whether a source has a file that is not there or damaged anywhere, so that it must be imported again. */
  isLost(sourceKey: number): boolean {
    try {
      for (const _rows of this.#open(sourceKey)?.columns() ?? []);
      return false;
    } catch (error) {
      if (error instanceof RectuneError) return true;
      throw error;
    }
  }

  /** Names of the files that sources have. */
  names(): Set<string> {
    const all = this.#database.prepare('select log_file from sources where log_file is not null').pluck().all();
    return new Set(all as string[]);
  }

  *#stored(sourceKey: number): Generator<LogColumns, void> {
    for (let after = -1; ; ) {
      const block = this.#blocks.after(sourceKey, after);
      if (block === undefined) return;
      yield block;
      after = block.lines[block.size - 1] as number;
    }
  }

  #open(sourceKey: number): LogFile | undefined {
    const name = this.#database.prepare('select log_file from sources where source_key = ?').pluck().get(sourceKey);
    return typeof name === 'string' ? new LogFile(join(this.folder, name)) : undefined;
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
