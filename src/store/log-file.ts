import type { LogColumns } from '../core/log-columns.js';
import { type ParquetGroup, ParquetReader } from '../platform/parquet-reader.js';
import { definitionLevels, type ParquetColumn, type ParquetPage, ParquetWriter } from '../platform/parquet-writer.js';
import { StagedFile } from '../platform/staged-file.js';
import { aligned, bytesOf, fromWholes, toWholes } from './number-bytes.js';

const COLUMNS: readonly ParquetColumn[] = [
  { name: 'user', type: 'int32', optional: false }, // position
  { name: 'item', type: 'int32', optional: false }, // position
  { name: 'rating', type: 'double', optional: true },
  { name: 'timestamp', type: 'int64', optional: true }, // seconds since 1970, UTC
  { name: 'line', type: 'int64', optional: false }, // growing
];
const LINE = 4; // the column
const FIX = 'import the log again';

/** The interactions of a log as a Parquet file in the making, in row groups of as many rows as the blocks that come. */
export class LogFileWriter {
  readonly #file: StagedFile;
  readonly #parquet = new ParquetWriter(COLUMNS, { codec: 'none', checksums: true });

  /** path  in the folder where the file will lie */
  constructor(path: string) {
    this.#file = new StagedFile(path);
    this.#file.write(this.#parquet.head());
  }

  add({ size, users, items, ratings, timestamps, lines }: LogColumns): void {
    const pages: ParquetPage[] = [
      { plain: [bytesOf(users)] },
      { plain: [bytesOf(items)] },
      optionalPage(ratings, (there) => bytesOf(there)),
      optionalPage(timestamps, (there) => toWholes(there)),
      {
        plain: [toWholes(lines)],
        range: { min: toWholes(lines.subarray(0, 1)), max: toWholes(lines.subarray(-1)) },
      },
    ];
    for (const piece of this.#parquet.group(size, pages)) this.#file.write(piece);
  }

  /** The file is whole, on the disk and has its name when it returns. */
  seal(path: string): void {
    for (const piece of this.#parquet.tail()) this.#file.write(piece);
    this.#file.seal(path);
  }

  /** Removes what was not sealed. */
  discard(): void {
    this.#file.discard();
  }
}

/** A log's interactions in a file, read group by group. Throws RectuneError 'data' for a file that is not there or damaged. */
export class LogFile {
  readonly #parquet: ParquetReader;

  constructor(path: string) {
    this.#parquet = new ParquetReader(path, COLUMNS, FIX);
  }

  get rows(): number {
    return this.#parquet.rows;
  }

  /** In log order; closes the file at the end. */
  *columns(): Generator<LogColumns, void> {
    try {
      for (const group of this.#parquet.groups) yield this.#read(group);
    } finally {
      this.close();
    }
  }

  /** The rows among which a line is, if any is. */
  holding(line: number): LogColumns | undefined {
    let [low, high] = [0, this.#parquet.groups.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lastLine(this.#parquet.groups[middle] as ParquetGroup) < line) low = middle + 1;
      else high = middle;
    }
    const group = this.#parquet.groups[low];
    return group && this.#read(group);
  }

  /** The last row group. */
  last(): LogColumns | undefined {
    const group = this.#parquet.groups.at(-1);
    return group && this.#read(group);
  }

  close(): void {
    this.#parquet.close();
  }

  #lastLine({ chunks }: ParquetGroup): number {
    const max = chunks[LINE]?.range?.max;
    if (max?.length !== 8) throw this.#parquet.damaged('a row group without its last line');
    return fromWholes(max)[0] as number;
  }

  #read(group: ParquetGroup): LogColumns {
    const { rows } = group;
    const page = (column: number): Uint8Array => this.#parquet.page(group, column);
    const fixed = (column: number, width: number): Uint8Array => {
      const bytes = page(column);
      if (bytes.length !== rows * width) throw this.#parquet.damaged('a page of another length');
      return bytes;
    };
    const optional = (column: number, read: (bytes: Uint8Array) => Float64Array): Float64Array => {
      const values = optionalValues(page(column), rows, read);
      if (values === undefined) throw this.#parquet.damaged('a page of another length');
      return values;
    };
    return {
      size: rows,
      users: new Uint32Array(aligned(fixed(0, 4))),
      items: new Uint32Array(aligned(fixed(1, 4))),
      ratings: optional(2, (bytes) => new Float64Array(aligned(bytes))),
      timestamps: optional(3, fromWholes),
      lines: Uint32Array.from(fromWholes(fixed(4, 8))),
      attributes: undefined,
    };
  }
}

/** A page of those values that are there. */
function optionalPage(values: Float64Array, encode: (there: Float64Array) => Uint8Array): ParquetPage {
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) count += 1;
  const alike = count === 0 || count === values.length;
  const levels = definitionLevels(values.length, (row) => !Number.isNaN(values[row]), alike);
  const there = count === values.length ? values : values.filter((value) => !Number.isNaN(value));
  return { plain: [levels, encode(there)] };
}

/** NaN where there is none; undefined: the page is not of so many rows. */
function optionalValues(
  page: Uint8Array,
  rows: number,
  read: (bytes: Uint8Array) => Float64Array,
): Float64Array | undefined {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length);
  if (page.length < 4) return undefined;
  const end = 4 + bytes.readUInt32LE(0);
  if (end > page.length) return undefined;
  let [head, at, scale] = [0, 4, 1];
  for (let byte = 128; byte >= 128 && at < end; scale *= 128) {
    byte = bytes[at++] as number;
    head += (byte & 0x7f) * scale;
  }
  const body = page.subarray(end);
  if (body.length % 8 !== 0) return undefined;
  const there = read(body);
  if (head % 2 === 0) {
    const isThere = bytes[at] === 1;
    if (head / 2 !== rows || there.length !== (isThere ? rows : 0)) return undefined;
    return isThere ? there : new Float64Array(rows).fill(Number.NaN);
  }
  if ((head - 1) / 2 !== Math.ceil(rows / 8) || at + (head - 1) / 2 !== end) return undefined;
  const values = new Float64Array(rows).fill(Number.NaN);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (((bytes[at + (row >> 3)] as number) >> (row & 7)) & 1) values[row] = there[next++] ?? Number.NaN;
  }
  return next === there.length ? values : undefined;
}
