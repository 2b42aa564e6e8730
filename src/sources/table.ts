import { nearestWord, RectuneError } from '../core/errors.js';
import type { Column, FileSpec } from '../core/source-spec.js';
import { readChunks } from '../platform/files.js';
import { layoutOf, lines } from './lines.js';
import { type Row, rows } from './rows.js';

const LOOKED_AT = 100; // rows that decide how many fields a row of a file without a header has

/** A row with the right number of fields. */
export interface TableRow {
  readonly line: number;
  readonly text: string;
  readonly fields: readonly string[];
}

/** What is counted while a file is read. */
export interface Tally {
  rows: number;
  rejects: number;
  emptyLines: number;
  bytes: number;
}

/** One file of a log, opened: its header is read and its columns are found. */
export interface Table {
  /** Index of a column in a row's fields, from 0. Throws RectuneError 'data' that names the columns there are. */
  column(column: Column): number;
  /** The rows that can be read, in file order; the others go to `reject`. Can be read once. */
  rows(): Generator<TableRow, void>;
  /** Closes the file; after the last row it is closed already. */
  close(): void;
  /** True for a UTF-8 byte order mark in a file that is said to be latin-1. */
  readonly encodingInDoubt: boolean;
}

/**
 * Opens a delimited file.
 *
 * tally     counts rejects, empty lines and bytes as they are read; rows are counted by the caller, who may reject more
 * reject    told of each line that is no row: its number, why, and its text
 * throws    RectuneError 'data' when the file is missing, is empty, or its header cannot be read
 */
export function openTable(
  path: string,
  spec: FileSpec,
  tally: Tally,
  reject: (line: number, reason: string, text: string) => void,
  onBytes: (bytes: number) => void = () => {},
): Table {
  const layout = layoutOf(path);
  const chunks = counted(readChunks(path), tally, onBytes);
  const quote = spec.quote === 'none' ? undefined : spec.quote;
  const all = rows(lines(chunks, spec.encoding, layout), spec.delimiter, quote);
  const waiting: Row[] = []; // rows that were read to find the width
  const header = spec.header ? readHeader(all, tally, path) : undefined;
  const width = header?.length ?? usualWidth(all, waiting, path);

  return {
    column: (column) => findColumn(column, header, width, path, spec),
    encodingInDoubt: layout.byteOrderMark && spec.encoding !== 'utf-8',
    close: () => void all.return(),
    *rows() {
      for (const row of chain(waiting, all)) {
        if (row.kind === 'empty') tally.emptyLines += 1;
        else if (row.kind === 'problem') reject(row.line, row.problem, row.text);
        else if (row.fields.length !== width) reject(row.line, fieldCount(row.fields.length, width), row.text);
        else if (header && isSame(row.fields, header)) reject(row.line, 'the header again', row.text);
        else yield row;
      }
    },
  };
}

function* counted(
  chunks: Iterable<Uint8Array>,
  tally: Tally,
  onBytes: (bytes: number) => void,
): Generator<Uint8Array, void> {
  for (const chunk of chunks) {
    tally.bytes += chunk.length;
    onBytes(chunk.length);
    yield chunk;
  }
}

function* chain(first: readonly Row[], rest: Generator<Row, void>): Generator<Row, void> {
  yield* first;
  yield* rest;
}

function readHeader(all: Generator<Row, void>, tally: Tally, path: string): string[] {
  for (let next = all.next(); !next.done; next = all.next()) {
    const row = next.value;
    if (row.kind === 'row') return row.fields;
    if (row.kind === 'problem') {
      const fix = 'correct this line, or write header: false in source.yaml';
      throw new RectuneError('data', `the header cannot be read: ${row.problem}`, `${path}:${row.line}`, fix);
    }
    tally.emptyLines += 1;
  }
  throw new RectuneError('data', 'the file is empty', path, 'put the file of the log there');
}

/** The most frequent number of fields among the first rows (the larger one of two), so that a bad first row decides nothing. */
function usualWidth(all: Generator<Row, void>, waiting: Row[], path: string): number {
  const frequency = new Map<number, number>();
  for (let seen = 0; seen < LOOKED_AT; ) {
    const next = all.next();
    if (next.done) break;
    waiting.push(next.value);
    if (next.value.kind !== 'row') continue;
    const width = next.value.fields.length;
    frequency.set(width, (frequency.get(width) ?? 0) + 1);
    seen += 1;
  }
  const [usual] = [...frequency].sort(([widthA, a], [widthB, b]) => b - a || widthB - widthA);
  if (!usual) throw new RectuneError('data', 'the file has no row', path, 'put the file of the log there');
  return usual[0];
}

function findColumn(
  column: Column,
  header: readonly string[] | undefined,
  width: number,
  path: string,
  spec: FileSpec,
): number {
  const hint =
    width === 1 ? `; with the delimiter ${JSON.stringify(spec.delimiter)} a row is one field: is it another one?` : '';
  if (typeof column === 'number') {
    if (column < width) return column;
    const what = `there is no column ${column}: a row has ${width} fields, numbered from 0`;
    throw new RectuneError('data', what, path, `correct the index in source.yaml${hint}`);
  }
  const names = header ?? [];
  const index = names.indexOf(column);
  if (index < 0) {
    const near = nearestWord(column, names);
    const found = names.map((name) => JSON.stringify(name)).join(', ');
    const fix = near === undefined ? 'correct the name in source.yaml' : `did you mean ${JSON.stringify(near)}?`;
    throw new RectuneError('data', `there is no column "${column}"; the header has ${found}`, `${path}:1`, fix + hint);
  }
  if (names.lastIndexOf(column) !== index) {
    const fix = `name it by its index in source.yaml, from 0: ${index} is the first`;
    throw new RectuneError('data', `the header names "${column}" more than once`, `${path}:1`, fix);
  }
  return index;
}

function fieldCount(found: number, expected: number): string {
  return `${found} ${found === 1 ? 'field' : 'fields'} instead of ${expected}`;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
