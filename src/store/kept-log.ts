import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import { type LogColumns, rowsBetween } from '../core/log-columns.js';
import { lowerBound } from '../core/lower-bound.js';
import { studioLayout } from '../platform/studio.js';
import { BLOCK_ROWS, InteractionBlocks } from './interaction-blocks.js';
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

  /**
   * All rows of a source in log order, without attributes, as they were when the first was asked for. The store may be written to meanwhile.
   *
   * throws  RectuneError 'data' when another import takes the rows away before they were read
   */
  *columns(sourceKey: number): Generator<LogColumns, void> {
    const file = this.#open(sourceKey);
    if (file) yield* file.columns();
    else yield* this.#stored(sourceKey);
  }

  *#stored(sourceKey: number): Generator<LogColumns, void> {
    let left = this.#blocks.rowCount(sourceKey);
    for (const block of this.#blocks.all(sourceKey)) {
      yield block.size <= left ? block : rowsBetween(block, 0, left); // what is more has come since
      left -= block.size;
      if (left <= 0) return;
    }
    if (left === 0) return;
    const what = 'the log was imported again while it was read';
    throw new RectuneError('data', what, this.#database.name, 'give the same command again');
  }

  /** Line of the last interaction; 0 without one. */
  lastLine(sourceKey: number): number {
    const file = this.#open(sourceKey);
    try {
      const last = file ? file.last() : this.#blocks.last(sourceKey);
      return last ? (last.lines[last.size - 1] as number) : 0;
    } finally {
      file?.close();
    }
  }

  /**
   * Makes a source ready for more rows: those of a file are written once more, and of SQLite's blocks the last one where it has room.
   *
   * returns  rows that are to be written again before the new ones, and how many stay where they are
   */
  reopened(sourceKey: number): { again: Iterable<LogColumns>; stay: number } {
    const file = this.#open(sourceKey);
    if (file) return { again: file.columns(), stay: 0 };
    const last = this.#blocks.last(sourceKey);
    if (!last || last.size === BLOCK_ROWS) return { again: [], stay: this.#blocks.rowCount(sourceKey) };
    this.#blocks.remove(sourceKey, last.lines[0]);
    return { again: [last], stay: this.#blocks.rowCount(sourceKey) };
  }

  /** How many rows a source has. */
  rowCount(sourceKey: number): number {
    const file = this.#open(sourceKey);
    file?.close();
    return file?.rows ?? this.#blocks.rowCount(sourceKey);
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

  #open(sourceKey: number): LogFile | undefined {
    const name = this.#database.prepare('select log_file from sources where source_key = ?').pluck().get(sourceKey);
    return typeof name === 'string' ? new LogFile(join(this.folder, name)) : undefined;
  }
}

/** The row of a line, by halves. */
function rowOf({ lines, size }: LogColumns, line: number): number | undefined {
  const row = lowerBound(lines, line, size);
  return row < size && lines[row] === line ? row : undefined;
}
