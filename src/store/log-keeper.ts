import { join } from 'node:path';
import { ColumnsBuffer, type LogColumns } from '../core/log-columns.js';
import { exists, listFolder, remove } from '../platform/files.js';
import type { InteractionBlocks } from './interaction-blocks.js';
import { LogFileWriter } from './log-file.js';

/** A log of more interactions lies in a file of its own beside the store. */
export const MOST_ROWS_IN_STORE = 5_000_000;

const OURS = /^(\.log\.parquet\..*\.tmp|[0-9a-f]{16}(-\d+)?\.parquet)$/;
const GROUP_ROWS = 122_880; // as DuckDB has it: 3.9 MB; a line is found by reading one group

/**
 * Keeps the interactions of one import: in SQLite, or, when there are more than `most`, in a file. They wait in memory until that is
 * known, 28 bytes each, so that nothing is written twice. Of a log that grows blocks may be in SQLite already: they count, and go into the file first.
 */
export class LogKeeper {
  readonly #blocks: InteractionBlocks;
  readonly #sourceKey: number;
  readonly #folder: string;
  readonly #most: number;
  readonly #stay: number;
  #waiting: LogColumns[] = [];
  #rows = 0; // that wait
  #file: LogFileWriter | undefined;
  #group: ColumnsBuffer | undefined;
  #sealed: string | undefined; // its path

  /** stay  rows of the source that are in SQLite already */
  constructor(blocks: InteractionBlocks, sourceKey: number, folder: string, most: number, stay = 0) {
    this.#stay = stay;
    this.#blocks = blocks;
    this.#sourceKey = sourceKey;
    this.#folder = folder;
    this.#most = most;
  }

  /** Takes a copy of the next rows. */
  block(rows: LogColumns): void {
    if (this.#file) this.#add(rows, this.#file);
    else {
      this.#waiting.push(copied(rows));
      this.#rows += rows.size;
      if (this.#rows + this.#stay > this.#most) this.#begin();
    }
  }

  /**
   * Writes what waits.
   *
   * hash     of the source: what the file is named by
   * returns  the name of the file, sealed, which no other one had; null: the rows are in SQLite
   */
  finish(hash: string): string | null {
    if (this.#file === undefined) {
      for (const rows of this.#waiting) this.#blocks.add(this.#sourceKey, rows);
      return null;
    }
    const last = this.#group?.take();
    if (last && last.size > 0) this.#file.add(last);
    const name = this.#freeName(hash.slice(0, 16));
    this.#sealed = join(this.#folder, name);
    this.#file.seal(this.#sealed);
    return name;
  }

  /** Removes the file. */
  discard(): void {
    this.#file?.discard();
    if (this.#sealed !== undefined) remove(this.#sealed);
  }

  #begin(): void {
    this.#file = new LogFileWriter(join(this.#folder, 'log.parquet'));
    if (this.#stay > 0) {
      for (const rows of this.#blocks.all(this.#sourceKey)) this.#add(rows, this.#file);
      this.#blocks.remove(this.#sourceKey);
    }
    for (const rows of this.#waiting.splice(0)) this.#add(rows, this.#file);
  }

  #add(rows: LogColumns, file: LogFileWriter): void {
    this.#group ??= new ColumnsBuffer(GROUP_ROWS);
    for (let begin = 0; begin < rows.size; ) {
      begin += this.#group.fill(rows, begin);
      if (this.#group.isFull) file.add(this.#group.take());
    }
  }

  /** An older file of that name may be what another import left, and is read until this one is kept. */
  #freeName(begin: string): string {
    for (let number = 1; ; number++) {
      const name = `${begin}${number === 1 ? '' : `-${number}`}.parquet`;
      if (!exists(join(this.#folder, name))) return name;
    }
  }
}

/** Removes files of logs that no source has: of sources that were replaced, and of imports that were killed. Only while nobody else can import. */
export function sweepLogs(folder: string, kept: ReadonlySet<string>): void {
  for (const name of listFolder(folder)) {
    if (!kept.has(name) && OURS.test(name)) remove(join(folder, name));
  }
}

function copied({ size, users, items, ratings, timestamps, lines }: LogColumns): LogColumns {
  return {
    size,
    users: users.slice(),
    items: items.slice(),
    ratings: ratings.slice(),
    timestamps: timestamps.slice(),
    lines: lines.slice(),
    attributes: undefined,
  };
}
