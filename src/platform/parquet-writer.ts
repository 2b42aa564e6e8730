import zlib from 'node:zlib';
import { binary, i32, i64, list, putVarint, struct, type ThriftValue, text, thriftBytes } from './thrift-writer.js';

/** A column of a flat Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: 'boolean' | 'int32' | 'int64' | 'double' | 'text';
  readonly optional: boolean; // whether a row may have none
}

/** A column's values in one row group. */
export interface ParquetPage {
  readonly plain: readonly Uint8Array[]; // in pieces: of an optional column definitionLevels(), then the values in plain encoding
  /** Least and greatest value in plain encoding, so that a reader can leave the group out. */
  readonly range?: { readonly min: Uint8Array; readonly max: Uint8Array };
}

export interface ParquetSettings {
  readonly codec: 'none' | 'gzip';
  readonly checksums: boolean; // of each page, where Node has CRC-32 (from 20.15 on)
}

const MAGIC = Buffer.from('PAR1');
const [PLAIN, RLE] = [0, 3]; // encodings
const CODEC = { none: 0, gzip: 2 } as const;
export const PHYSICAL_TYPE = { boolean: 0, int32: 1, int64: 2, double: 5, text: 6 } as const;

/**
 * The bytes of a flat Parquet file, piece by piece: row groups, in each a page a column, plain encoding. Only the footer stands in memory.
 *
 * source  https://github.com/apache/parquet-format (Thrift definition, Encodings.md)
 */
export class ParquetWriter {
  readonly #columns: readonly ParquetColumn[];
  readonly #settings: ParquetSettings;
  readonly #groups: ThriftValue[] = [];
  #offset = MAGIC.length;
  #rows = 0;

  constructor(columns: readonly ParquetColumn[], settings: ParquetSettings) {
    this.#columns = columns;
    this.#settings = settings;
  }

  /** What the file begins with. */
  head(): Uint8Array {
    return MAGIC;
  }

  /** The next row group. pages: in the order of the columns. */
  group(rows: number, pages: readonly ParquetPage[]): Uint8Array[] {
    const chunks: ThriftValue[] = [];
    let plainBytes = 0;
    const pieces = this.#columns.flatMap((column, index) => {
      const page = pages[index] as ParquetPage;
      const { parts, plainSize } = this.#page(rows, page.plain);
      const size = byteLength(parts);
      chunks.push(this.#chunk(column, page, { rows, plainSize, size }));
      this.#offset += size;
      plainBytes += plainSize;
      return parts;
    });
    this.#groups.push(struct([1, list('struct', chunks)], [2, i64(plainBytes)], [3, i64(rows)]));
    this.#rows += rows;
    return pieces;
  }

  /** What the file ends with. */
  tail(): Uint8Array[] {
    const orders = list(
      'struct',
      this.#columns.map(() => struct([1, struct()])), // ranges are by the order of the type
    );
    const footer = thriftBytes([
      [1, i32(1)], // version of the format
      [2, list('struct', schemaOf(this.#columns))],
      [3, i64(this.#rows)],
      [4, list('struct', this.#groups)],
      [6, text('rectune')],
      ...(this.#settings.checksums ? [[7, orders] as const] : []),
    ]);
    return [footer, wholeNumber(footer.length), MAGIC];
  }

  #page(rows: number, plain: readonly Uint8Array[]): { parts: Uint8Array[]; plainSize: number } {
    const packed = this.#settings.codec === 'gzip' ? [zlib.gzipSync(Buffer.concat(plain))] : plain;
    const sum = this.#settings.checksums ? checksum(packed) : undefined;
    const plainLength = byteLength(plain);
    const header = thriftBytes([
      [1, i32(0)], // data page
      [2, i32(plainLength)],
      [3, i32(byteLength(packed))],
      ...(sum === undefined ? [] : [[4, i32(sum)] as const]),
      [5, struct([1, i32(rows)], [2, i32(PLAIN)], [3, i32(RLE)], [4, i32(RLE)])],
    ]);
    return { parts: [header, ...packed], plainSize: header.length + plainLength };
  }

  /** plainSize, size: bytes of header and page before packing and after. */
  #chunk(
    { name, type }: ParquetColumn,
    { range }: ParquetPage,
    { rows, plainSize, size }: { rows: number; plainSize: number; size: number },
  ): ThriftValue {
    const facts = struct(
      [1, i32(PHYSICAL_TYPE[type])],
      [2, list('i32', [i32(PLAIN), i32(RLE)])],
      [3, list('binary', [text(name)])],
      [4, i32(CODEC[this.#settings.codec])],
      [5, i64(rows)],
      [6, i64(plainSize)],
      [7, i64(size)],
      [9, i64(this.#offset)],
      ...(range ? [[12, struct([5, binary(range.max)], [6, binary(range.min)])] as const] : []),
    );
    return struct([2, i64(this.#offset)], [3, facts]);
  }
}

/** CRC-32 of a page as its header has it, a signed number; undefined: this Node has none. */
export function checksum(pieces: readonly Uint8Array[]): number | undefined {
  if (typeof zlib.crc32 !== 'function') return undefined;
  // Of no bytes zlib says 0, whatever went before.
  return pieces.reduce((sum, piece) => (piece.length === 0 ? sum : zlib.crc32(piece, sum)), 0) | 0;
}

/** Whether each row has a value, as an optional column's page begins: one run where all are alike, else packed bits. */
export function definitionLevels(rows: number, isThere: (row: number) => boolean, alike: boolean): Uint8Array {
  const head: number[] = [];
  if (alike) putVarint(head, rows * 2);
  else putVarint(head, Math.ceil(rows / 8) * 2 + 1);
  const body = alike ? Uint8Array.of(rows > 0 && isThere(0) ? 1 : 0) : bits(rows, isThere);
  return Buffer.concat([wholeNumber(head.length + body.length), Uint8Array.from(head), body]);
}

/** Eight a byte, the first in the lowest bit. */
export function bits(count: number, isSet: (index: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (let index = 0; index < count; index++) {
    if (isSet(index)) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Four bytes, the lowest first. */
export function wholeNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function schemaOf(columns: readonly ParquetColumn[]): ThriftValue[] {
  const fields = columns.map(({ name, type, optional }) => {
    const utf8: [number, ThriftValue][] =
      type === 'text'
        ? [
            [6, i32(0)], // converted type UTF8, for old readers
            [10, struct([1, struct()])], // logical type STRING
          ]
        : [];
    return struct([1, i32(PHYSICAL_TYPE[type])], [3, i32(optional ? 1 : 0)], [4, text(name)], ...utf8);
  });
  return [struct([4, text('row')], [5, i32(fields.length)]), ...fields];
}
