import { nearestWord, RectuneError } from '../core/errors.js';
import type { Column, FileSpec } from '../core/source-spec.js';
import { ParquetFile, type Wanted } from '../platform/duckdb/parquet-file.js';
import { unescaped } from '../platform/duckdb/value-text.js';
import { fileSize, readChunks } from '../platform/files.js';
import { type Layout, type LineReader, lines } from './lines.js';
import { type Row, rows } from './rows.js';
import { type OnReject, skimmed, type Table, type TableRow, type Tally } from './table.js';

/** How the lines of a piece are written. */
export const LAYOUT: Layout = { newline: 0x0a, byteOrderMark: 0, decoding: 'utf-8' };

/**
 * A Parquet file as a table. A row's line is its number in the file, from 1, and it has no offset; its text is an object of the values that were asked
 * for, as JSON. What the values are written as, platform/duckdb/value-text.ts says.
 *
 * throws  RectuneError 'data' for a file that is missing, damaged or no Parquet file, and where DuckDB is not installed
 */
export function openParquet(
  path: string,
  spec: FileSpec & { readonly timestampUnit?: string },
  tally: Tally,
  reject: OnReject,
  onBytes: (bytes: number) => void,
  correct: string,
): Table {
  const file = new ParquetFile(path);
  const wanted: Wanted[] = [];
  const names: string[] = [];
  /** The bytes of all pieces, one after the other: a line of them is a row, and its number the row's. */
  function* chunks(): Generator<Uint8Array, void> {
    const size = fileSize(path);
    const told = (bytes: number): void => {
      onBytes(bytes - tally.bytes);
      tally.bytes = bytes;
    };
    for (const { path: piece, firstRow, rows: count } of file.pieces(wanted)) {
      const length = fileSize(piece);
      let done = 0;
      for (const chunk of readChunks(piece)) {
        yield chunk;
        done += chunk.length;
        told(Math.floor((size * (firstRow - 1 + (count * done) / length)) / file.rows)); // of the file's bytes; the pieces are text
      }
    }
    told(fileSize(path));
  }
  let reader: LineReader | undefined;
  const read = (): LineReader => {
    reader ??= lines(chunks(), LAYOUT);
    return reader;
  };
  return {
    column(column, absent, kind) {
      const found = file.find(column);
      if (!found && absent !== 'empty') throw noColumn(column, file, path, correct);
      const timeUnit = kind === 'time' ? unitOf(spec.timestampUnit ?? 'seconds', found?.type ?? '', path) : undefined;
      wanted.push({ ...(found ?? NOTHING), timeUnit });
      names.push(typeof column === 'string' ? column : (file.columns[column]?.name ?? String(column)));
      return wanted.length - 1;
    },
    get lines() {
      const width = Math.max(2, wanted.length); // as ParquetFile writes them
      return { cut: { delimiter: ',', quote: '"', escapeMark: undefined, width, header: undefined }, reader: read() };
    },
    close() {
      reader?.return();
      file.close();
    },
    *rows(skim) {
      const all = rows(read(), ',', '"');
      for (const row of skim ? skimmed(all, skim) : all) {
        if (row.kind === 'row') yield new ParquetRow(row, names);
        else if (row.kind === 'problem')
          reject({ line: row.line, offset: null }, row.problem, JSON.stringify(row.text));
        else throw new Error(`row ${row.line} has no fields`);
      }
    },
  };
}

const NOTHING = { expression: 'null', type: 'NULL' };

class ParquetRow implements TableRow {
  readonly offset = null;
  readonly line: number;
  readonly fields: readonly string[];
  readonly #names: readonly string[];

  constructor({ line, fields }: Row & { kind: 'row' }, names: readonly string[]) {
    this.line = line;
    this.fields = fields.map(unescaped);
    this.#names = names;
  }

  get text(): string {
    return JSON.stringify(Object.fromEntries(this.#names.map((name, i) => [name, this.fields[i]])));
  }
}

/** A time of the calendar is written in the unit that the reader expects; there is no reader for one written by a pattern. */
function unitOf(unit: string, type: string, path: string): string {
  const isPattern = !['seconds', 'milliseconds', 'microseconds', 'iso'].includes(unit);
  if (!isPattern || !/^(DATE|TIMESTAMP)/.test(type)) return unit;
  const what = `timestampUnit is "${unit}", and the column of times holds no text but ${type.toLowerCase()}`;
  throw new RectuneError('usage', what, path, 'leave timestampUnit out: such a column needs none');
}

function noColumn(column: Column, { columns }: ParquetFile, path: string, correct: string): RectuneError {
  if (typeof column === 'number') {
    const what = `there is no column ${column}: the file has ${columns.length}, numbered from 0`;
    return new RectuneError('data', what, path, 'correct the index in source.yaml');
  }
  const names = columns.map(({ name }) => name);
  const near = nearestWord(column, names);
  const shown = names.map((name) => JSON.stringify(name)).join(', ');
  const fix = near === undefined ? correct : `did you mean ${JSON.stringify(near)}?`;
  return new RectuneError('data', `there is no column "${column}"; the file has ${shown}`, path, fix);
}
