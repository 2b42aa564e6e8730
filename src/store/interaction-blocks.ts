import type { Database, Statement } from 'better-sqlite3';
import type { LogColumns } from '../core/log-columns.js';

/** Rows of a block: a line is found by reading one, and 4096 rows are as fast to write as any more. */
export const BLOCK_ROWS = 4096;

/** Interactions in SQLite, many rows in one of its own. */
export class InteractionBlocks {
  readonly #database: Database;
  #insert: Statement | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps rows as one block; their attributes are not kept here. Lines must follow those of the block before. */
  add(sourceKey: number, { size, users, items, ratings, timestamps, lines }: LogColumns): void {
    if (size === 0) return;
    this.#insert ??= this.#database.prepare(
      `insert into interaction_blocks (source_key, first_line, size, users, items, ratings, timestamps, lines)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const first = lines[0] as number;
    const isDense = (lines[size - 1] as number) === first + size - 1; // for lines grow
    this.#insert.run(
      sourceKey,
      first,
      size,
      bytes(users),
      bytes(items),
      ratings.every(Number.isNaN) ? null : bytes(ratings),
      timestamps.every(Number.isNaN) ? null : bytes(timestamps),
      isDense ? null : bytes(lines),
    );
  }

  /** The first block that begins behind a line. */
  after(sourceKey: number, line: number): LogColumns | undefined {
    return this.#read(sourceKey, 'first_line > ? order by first_line', line);
  }

  /** The block that has a line, if any has. */
  holding(sourceKey: number, line: number): LogColumns | undefined {
    return this.#read(sourceKey, 'first_line <= ? order by first_line desc', line);
  }

  #read(sourceKey: number, which: string, line: number): LogColumns | undefined {
    const stored = this.#database
      .prepare<[number, number], StoredBlock>(
        `select first_line as firstLine, size, users, items, ratings, timestamps, lines
         from interaction_blocks where source_key = ? and ${which} limit 1`,
      )
      .get(sourceKey, line);
    return stored && columnsOf(stored);
  }
}

interface StoredBlock {
  readonly firstLine: number;
  readonly size: number;
  readonly users: Uint8Array;
  readonly items: Uint8Array;
  readonly ratings: Uint8Array | null;
  readonly timestamps: Uint8Array | null;
  readonly lines: Uint8Array | null;
}

function columnsOf({ firstLine, size, users, items, ratings, timestamps, lines }: StoredBlock): LogColumns {
  return {
    size,
    users: new Uint32Array(aligned(users)),
    items: new Uint32Array(aligned(items)),
    ratings: doubles(ratings, size),
    timestamps: doubles(timestamps, size),
    lines: lines ? new Uint32Array(aligned(lines)) : Uint32Array.from({ length: size }, (_, row) => firstLine + row),
    attributes: undefined,
  };
}

function doubles(stored: Uint8Array | null, size: number): Float64Array {
  return stored ? new Float64Array(aligned(stored)) : new Float64Array(size).fill(Number.NaN);
}

/** In bytes of their own: numbers are read where they are a multiple of their size. */
function aligned({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

function bytes({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
