import { gzipSync } from 'node:zlib';
import { i32, i64, list, putVarint, struct, type ThriftValue, text, thriftBytes } from './thrift-compact.js';

/** What a column holds. A flag may be null, the others may not. */
export type ColumnKind = 'text' | 'whole' | 'flag';
export type ParquetRow<Columns extends Record<string, ColumnKind>> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'text'
    ? string
    : Columns[Name] extends 'whole'
      ? number
      : boolean | null;
};

const MAGIC = Buffer.from('PAR1');
const GROUP_ROWS = 50_000;
const GROUP_BYTES = 32 << 20; // of text before it is packed; a group stands in memory until it is written
const [PLAIN, RLE] = [0, 3]; // encodings
const GZIP = 2; // codec
const FORM = {
  text: { type: 6, repetition: 0 }, // BYTE_ARRAY, required
  whole: { type: 2, repetition: 0 }, // INT64, required
  flag: { type: 0, repetition: 1 }, // BOOLEAN, optional
} as const;

/**
 * A Parquet file of flat rows, piece by piece: row groups of bounded size, a page a column, plain encoding, gzip.
 *
 * columns  name to kind, in the order of the file
 * source   https://github.com/apache/parquet-format (Thrift definition, Encodings.md)
 */
export function* parquetFile<Columns extends Record<string, ColumnKind>>(
  columns: Columns,
  rows: Iterable<ParquetRow<Columns>>,
): Generator<Uint8Array, void> {
  const groups: ThriftValue[] = [];
  let [offset, total] = [0, 0];
  const passed = (piece: Uint8Array): Uint8Array => {
    offset += piece.length;
    return piece;
  };
  yield passed(MAGIC);
  for (const group of grouped(columns, rows)) {
    const chunks: ThriftValue[] = [];
    let bytes = 0;
    for (const [name, kind] of Object.entries(columns)) {
      const { page, plainSize } = columnPage(
        kind,
        group.map((row) => row[name]),
      );
      chunks.push(columnChunk(name, kind, { rows: group.length, offset, plainSize, size: page.length }));
      bytes += plainSize;
      yield passed(page);
    }
    groups.push(struct([1, list('struct', chunks)], [2, i64(bytes)], [3, i64(group.length)]));
    total += group.length;
  }
  const footer = thriftBytes([
    [1, i32(1)], // version of the format
    [2, list('struct', schemaOf(columns))],
    [3, i64(total)],
    [4, list('struct', groups)],
    [6, text('rectune')],
  ]);
  yield footer;
  yield wholeNumber(footer.length);
  yield MAGIC;
}

function* grouped<Row extends object>(columns: Record<string, ColumnKind>, rows: Iterable<Row>) {
  const texts = Object.keys(columns).filter((name) => columns[name] === 'text');
  let group: Record<string, unknown>[] = [];
  let bytes = 0;
  for (const row of rows as Iterable<Record<string, unknown>>) {
    group.push(row);
    for (const name of texts) bytes += (row[name] as string).length;
    if (group.length < GROUP_ROWS && bytes < GROUP_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

function schemaOf(columns: Record<string, ColumnKind>): ThriftValue[] {
  const fields = Object.entries(columns).map(([name, kind]) => {
    const { type, repetition } = FORM[kind];
    const utf8: [number, ThriftValue][] =
      kind === 'text'
        ? [
            [6, i32(0)], // converted type UTF8, for old readers
            [10, struct([1, struct()])], // logical type STRING
          ]
        : [];
    return struct([1, i32(type)], [3, i32(repetition)], [4, text(name)], ...utf8);
  });
  return [struct([4, text('row')], [5, i32(fields.length)]), ...fields];
}

/** plainSize, size: bytes of header and page before packing and after. */
function columnChunk(
  name: string,
  kind: ColumnKind,
  { rows, offset, plainSize, size }: { rows: number; offset: number; plainSize: number; size: number },
): ThriftValue {
  const facts = struct(
    [1, i32(FORM[kind].type)],
    [2, list('i32', [i32(PLAIN), i32(RLE)])],
    [3, list('binary', [text(name)])],
    [4, i32(GZIP)],
    [5, i64(rows)],
    [6, i64(plainSize)],
    [7, i64(size)],
    [9, i64(offset)],
  );
  return struct([2, i64(offset)], [3, facts]);
}

function columnPage(kind: ColumnKind, values: readonly unknown[]): { page: Uint8Array; plainSize: number } {
  const plain = Buffer.concat(ENCODE[kind](values));
  const packed = gzipSync(plain);
  const header = thriftBytes([
    [1, i32(0)], // data page
    [2, i32(plain.length)],
    [3, i32(packed.length)],
    [5, struct([1, i32(values.length)], [2, i32(PLAIN)], [3, i32(RLE)], [4, i32(RLE)])],
  ]);
  return { page: Buffer.concat([header, packed]), plainSize: header.length + plain.length };
}

const ENCODE: Record<ColumnKind, (values: readonly unknown[]) => Uint8Array[]> = {
  text: (values) =>
    (values as string[]).flatMap((value) => {
      const bytes = Buffer.from(value, 'utf8');
      return [wholeNumber(bytes.length), bytes];
    }),
  whole: (values) => {
    const bytes = Buffer.alloc(values.length * 8);
    for (const [index, value] of (values as number[]).entries()) bytes.writeBigInt64LE(BigInt(value), index * 8);
    return [bytes];
  },
  flag: (values) => {
    const there = values.map((value) => value !== null);
    const levels = bits(there); // whether a value is there, as one bit-packed run with its length before it
    const run: number[] = [];
    putVarint(run, levels.length * 2 + 1);
    return [
      wholeNumber(run.length + levels.length),
      Uint8Array.from(run),
      levels,
      bits((values as (boolean | null)[]).filter((value) => value !== null)),
    ];
  },
};

/** Eight a byte, the first in the lowest bit. */
function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [index, flag] of flags.entries()) {
    if (flag) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

/** Four bytes, the lowest first. */
function wholeNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
