import {
  bits,
  definitionLevels,
  type ParquetColumn,
  ParquetWriter,
  wholeNumber,
} from '../../platform/parquet-writer.js';

/** What a column holds. A flag may be null, the others may not. */
export type ColumnKind = 'text' | 'whole' | 'flag';
export type ParquetRow<Columns extends Record<string, ColumnKind>> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'text'
    ? string
    : Columns[Name] extends 'whole'
      ? number
      : boolean | null;
};

const GROUP_ROWS = 50_000;
const GROUP_BYTES = 32 << 20; // of text before it is packed; a group stands in memory until it is written
const FORM = {
  text: { type: 'text', optional: false },
  whole: { type: 'int64', optional: false },
  flag: { type: 'boolean', optional: true },
} as const;

/**
 * A Parquet file of flat rows, piece by piece: row groups of bounded size, packed by gzip.
 *
 * columns  name to kind, in the order of the file
 */
export function* parquetFile<Columns extends Record<string, ColumnKind>>(
  columns: Columns,
  rows: Iterable<ParquetRow<Columns>>,
): Generator<Uint8Array, void> {
  const form = Object.entries(columns).map(([name, kind]): ParquetColumn => ({ name, ...FORM[kind] }));
  const writer = new ParquetWriter(form, { codec: 'gzip', checksums: false });
  yield writer.head();
  for (const group of grouped(columns, rows)) {
    const pages = Object.entries(columns).map(([name, kind]) => ({
      plain: ENCODE[kind](group.map((row) => row[name])),
    }));
    yield* writer.group(group.length, pages);
  }
  yield* writer.tail();
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
    const flags = (values as (boolean | null)[]).filter((value) => value !== null);
    return [
      definitionLevels(values.length, (row) => values[row] !== null, false),
      bits(flags.length, (index) => flags[index] === true),
    ];
  },
};
