import { join } from 'node:path';
import { ScratchFile } from '../platform/scratch-file.js';
import { makeScratch, type Scratch } from '../platform/scratch-folder.js';
import { type OwnRows, UserRows, WIDE } from './user-rows.js';

const CHUNK = 4096; // rows that are gathered for a file: even, so that doubles of the next ones stand where they may
const WIDTH = 28; // bytes of a row

/**
 * More rows than stand in memory, in files, each of which has those of some users in log order. 28 bytes a row on the disk; one file's stand in
 * memory when it is read.
 */
export class DealtRows {
  readonly #begins: Uint32Array;
  readonly #firsts: readonly number[];
  readonly #scratch: Scratch;
  readonly #parts: readonly Part[];

  /**
   * begins  of each user among all rows; one more for the end
   * firsts  the first user of each file
   * inside  the folder in which the scratch folder is made
   */
  constructor(begins: Uint32Array, firsts: readonly number[], inside: string) {
    this.#begins = begins;
    this.#firsts = firsts;
    this.#scratch = makeScratch(inside);
    this.#parts = firsts.map((_, part) => ({
      file: new ScratchFile(join(this.#scratch.path, `users-${part}`)),
      gathered: new Chunk(CHUNK),
      rows: 0,
    }));
  }

  /** Takes the next row of the log. */
  add(part: number, user: number, item: number, rating: number, timestamp: number, line: number): void {
    const to = this.#parts[part] as Part;
    const row = to.rows++ % CHUNK;
    const { gathered } = to;
    gathered.ratings[row] = rating;
    gathered.timestamps[row] = timestamp;
    gathered.users[row] = user;
    gathered.items[row] = item;
    gathered.lines[row] = line;
    if (row === CHUNK - 1) to.file.write(gathered.bytes);
  }

  /** The rows of a file, user by user, each user's in log order. */
  read(part: number): OwnRows {
    const { file, gathered, rows } = this.#parts[part] as Part;
    const first = this.#firsts[part] as number;
    const users = this.#begins.subarray(first, (this.#firsts[part + 1] ?? this.#begins.length - 1) + 1);
    const own = new UserRows(users, WIDE);
    const take = (chunk: Chunk, size: number): void => {
      for (let row = 0; row < size; row++) {
        own.add(
          (chunk.users[row] as number) - first,
          chunk.items[row] as number,
          chunk.ratings[row] as number,
          chunk.timestamps[row] as number,
          chunk.lines[row] as number,
        );
      }
    };
    const whole = file.whole();
    for (let at = 0; at < whole.length; at += CHUNK * WIDTH) take(new Chunk(CHUNK, whole, at), CHUNK);
    take(gathered, rows % CHUNK);
    return own.columns;
  }

  close(): void {
    for (const { file } of this.#parts) file.close();
    this.#scratch.close();
  }
}

interface Part {
  readonly file: ScratchFile;
  readonly gathered: Chunk; // what comes to the file next
  rows: number;
}

/** Columns of so many rows, one behind the other. */
class Chunk {
  readonly bytes: Uint8Array;
  readonly ratings: Float64Array;
  readonly timestamps: Float64Array;
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  readonly lines: Uint32Array;

  /** bytes  in which they stand from `begin` on; new ones without */
  constructor(rows: number, bytes: Uint8Array = new Uint8Array(rows * WIDTH), begin = 0) {
    this.bytes = bytes;
    const { buffer } = bytes;
    const at = bytes.byteOffset + begin;
    this.ratings = new Float64Array(buffer, at, rows);
    this.timestamps = new Float64Array(buffer, at + 8 * rows, rows);
    this.users = new Uint32Array(buffer, at + 16 * rows, rows);
    this.items = new Uint32Array(buffer, at + 20 * rows, rows);
    this.lines = new Uint32Array(buffer, at + 24 * rows, rows);
  }
}
