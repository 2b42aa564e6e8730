import type { Database, Statement } from 'better-sqlite3';
import type { LogColumns } from '../core/log-columns.js';
import { aligned, bytesOf } from './number-bytes.js';

/** Rows of a block: a line is found by reading one, and 4096 rows are as fast to write as any more. */
export const BLOCK_ROWS = 4096;

const LAST = Number.MAX_SAFE_INTEGER;

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
      bytesOf(users),
      bytesOf(items),
      packedRatings(ratings),
      packedTimes(timestamps),
      isDense ? null : bytesOf(lines),
    );
  }

  /** How many rows a source's blocks have. */
  rowCount(sourceKey: number): number {
    const sum = this.#database.prepare('select coalesce(sum(size), 0) from interaction_blocks where source_key = ?');
    return sum.pluck().get(sourceKey) as number;
  }

  /** The first block that begins behind a line. */
  after(sourceKey: number, line: number): LogColumns | undefined {
    return this.#read(sourceKey, 'first_line > ? order by first_line', line);
  }

  /** All blocks of a source. The store may be written to meanwhile. */
  *all(sourceKey: number): Generator<LogColumns, void> {
    for (let after = -1; ; ) {
      const block = this.after(sourceKey, after);
      if (block === undefined) return;
      yield block;
      after = block.lines[block.size - 1] as number;
    }
  }

  last(sourceKey: number): LogColumns | undefined {
    return this.holding(sourceKey, LAST);
  }

  /** Removes blocks, from the one that begins with a line on. */
  remove(sourceKey: number, line = 0): void {
    this.#database
      .prepare('delete from interaction_blocks where source_key = ? and first_line >= ?')
      .run(sourceKey, line);
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
    ratings: numbersOf(ratings, size, Float32Array),
    timestamps: numbersOf(timestamps, size, Uint32Array),
    lines: lines ? new Uint32Array(aligned(lines)) : Uint32Array.from({ length: size }, (_, row) => firstLine + row),
    attributes: undefined,
  };
}

/** Most ratings are whole or halves, and 32 bits hold them as well. */
function packedRatings(ratings: Float64Array): Uint8Array | null {
  if (ratings.every(Number.isNaN)) return null;
  const isShort = ratings.every((rating) => Math.fround(rating) === rating || Number.isNaN(rating));
  return bytesOf(isShort ? Float32Array.from(ratings) : ratings);
}

/** Seconds until 2106, where each row has a time, have room in 32 bits. */
function packedTimes(timestamps: Float64Array): Uint8Array | null {
  if (timestamps.every(Number.isNaN)) return null;
  return bytesOf(timestamps.every((time) => time <= 0xffffffff) ? Uint32Array.from(timestamps) : timestamps);
}

/** Their length tells how wide the numbers are: doubles, or short ones. */
function numbersOf(
  stored: Uint8Array | null,
  size: number,
  Short: typeof Float32Array | typeof Uint32Array,
): Float64Array {
  if (stored === null) return new Float64Array(size).fill(Number.NaN);
  return stored.length === 8 * size ? new Float64Array(aligned(stored)) : Float64Array.from(new Short(aligned(stored)));
}
