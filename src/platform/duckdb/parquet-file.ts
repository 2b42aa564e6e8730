import { join, resolve } from 'node:path';
import { RectuneError } from '../../core/errors.js';
import { fileSize, remove } from '../files.js';
import { DuckDbError, type DuckRow, named, quoted } from './duckdb.js';
import { takeDuckDb } from './shared-duckdb.js';
import { isMoment, momentText, valueText } from './value-text.js';

const FEWEST = 50_000; // rows of the first piece
const MOST = 1_000_000;
const WANTED = 32 << 20; // bytes of a piece

/** A column at the top of a Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: string; // as DuckDB calls it
}

/** A value that is asked for of every row. */
export interface Wanted {
  readonly expression: string; // from ParquetFile.find
  readonly type: string;
  readonly timeUnit: string | undefined; // a time: in this unit (value-text.ts) where the column holds times of the calendar
}

/** Rows as lines of text: delimited by commas, quoted where they must be, without a header; an end of line never stands inside a row. */
export interface ParquetPiece {
  readonly path: string;
  readonly firstRow: number; // its number in the file, from 1
  readonly rows: number;
}

let pieces = 0; // their names

/**
 * A Parquet file, read by DuckDB in pieces of text, one ahead of the reader: neither the memory nor the disk ever holds much of it.
 *
 * throws  RectuneError 'data' for a file that is missing, damaged or no Parquet file, and where DuckDB is not installed
 */
export class ParquetFile {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  readonly #path: string;
  readonly #table: string;
  readonly #taken: ReturnType<typeof takeDuckDb>;

  constructor(path: string) {
    fileSize(path); // a missing file is told as any other is
    this.#path = path;
    // A name with * ? or [ is a pattern to DuckDB; each of them in brackets is itself.
    const one = quoted(resolve(path).replace(/[[*?]/g, (mark) => `[${mark}]`));
    this.#table = `read_parquet(${one}, file_row_number = true, hive_partitioning = false, union_by_name = false)`;
    this.#taken = takeDuckDb();
    try {
      const [counted] = this.#run(`select num_rows as rows from parquet_file_metadata(${one})`);
      this.rows = Number(counted?.rows);
      const described = this.#run(`describe select * exclude (file_row_number) from ${this.#table}`);
      this.columns = described.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A column by its name, by its index from 0, or inside a struct as "a.b"; undefined when there is none. */
  find(column: string | number): { expression: string; type: string } | undefined {
    const own = typeof column === 'number' ? this.columns[column] : this.columns.find(({ name }) => name === column);
    if (own) return { expression: named(own.name), type: own.type };
    const steps = String(column).split('.');
    const outer = this.columns.find(({ name, type }) => name === steps[0] && type.startsWith('STRUCT'));
    if (!outer || steps.length < 2) return undefined;
    const expression = steps.slice(1).reduce((of, step) => `struct_extract(${of}, ${quoted(step)})`, named(outer.name));
    try {
      const [row] = this.#taken.duckdb.run(`describe select ${expression} as one from ${this.#table}`);
      return { expression, type: String(row?.column_type) };
    } catch {
      return undefined;
    }
  }

  /** Names under which find knows the columns; of a struct those in it, one level deep. */
  names(): string[] {
    return this.columns.flatMap(({ name, type }) => {
      if (!/^STRUCT.*\)$/s.test(type)) return name;
      const inside = this.#run(`describe select unnest(${named(name)}) from ${this.#table}`);
      return inside.flatMap(({ column_name: key }) => (String(key).includes('.') ? [] : `${name}.${key}`));
    });
  }

  /** All rows in file order. A piece is gone when the next one is asked for. */
  *pieces(wanted: readonly Wanted[], most = MOST): Generator<ParquetPiece, void> {
    const texts = wanted.map(({ expression, type, timeUnit }) =>
      timeUnit !== undefined && isMoment(type) ? momentText(expression, timeUnit) : valueText(expression, type),
    );
    const list = (texts.length === 1 ? [...texts, 'null'] : texts).join(', '); // a row of one null would be an empty line
    const begin = (from: number, rows: number): { piece: ParquetPiece; wait: () => void } => {
      const path = join(this.#taken.duckdb.folder, `piece-${++pieces}.csv`);
      const range = `file_row_number >= ${from} and file_row_number < ${from + rows}`;
      const wait = this.#taken.duckdb.begin(
        `copy (select ${list} from ${this.#table} where ${range}) to ${quoted(path)} (format csv, header false, nullstr '')`,
      );
      return { piece: { path, firstRow: from + 1, rows: Math.min(rows, this.rows - from) }, wait };
    };
    let size = Math.min(FEWEST, most);
    let next = this.rows > 0 ? begin(0, size) : undefined;
    try {
      while (next) {
        const { piece, wait } = next;
        next = undefined;
        this.#explained(wait);
        const end = piece.firstRow - 1 + piece.rows;
        size = Math.max(1, Math.min(most, size * 4, Math.ceil((WANTED / fileSize(piece.path)) * piece.rows)));
        if (end < this.rows) next = begin(end, size);
        try {
          yield piece;
        } finally {
          remove(piece.path);
        }
      }
    } finally {
      if (next) {
        quiet(next.wait);
        remove(next.piece.path);
      }
    }
  }

  close(): void {
    this.#taken.giveBack();
  }

  #run(sql: string): DuckRow[] {
    return this.#explained(() => this.#taken.duckdb.run(sql));
  }

  #explained<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw error instanceof DuckDbError ? unreadable(error.message, this.#path) : error;
    }
  }
}

function quiet(act: () => unknown): void {
  try {
    act();
  } catch {
    // nobody reads it any more
  }
}

function unreadable(message: string, path: string): RectuneError {
  const [reason = ''] = message.split('\n');
  if (/no space left|max_temp_directory_size/i.test(message)) {
    const fix = 'make room there, or name another place by TMPDIR';
    return new RectuneError('data', `no room for temporary files: ${reason}`, path, fix);
  }
  if (/^Out of Memory/i.test(message)) {
    const fix = 'write it with smaller row groups (a million rows, say), or free memory';
    return new RectuneError('memory', `the Parquet file does not fit in memory: ${reason}`, path, fix);
  }
  const fix = 'fetch or write it again; only Parquet files that are not encrypted and not packed can be read';
  return new RectuneError('data', `the Parquet file cannot be read: ${reason}`, path, fix);
}
