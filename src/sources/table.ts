import { RectuneError } from '../core/errors.js';
import type { Column, FileSpec } from '../core/source-spec.js';
import { readChunks } from '../platform/files.js';
import { readPieces } from '../platform/unpack.js';
import { openDelimited } from './delimited-table.js';
import { openImpressions } from './impression-table.js';
import { openJson } from './json-table.js';
import { type Layout, type LinePlace, type LineReader, layoutOf, lines } from './lines.js';
import { openParquet } from './parquet-table.js';
import type { Row, RowReader } from './rows.js';
import { openSections } from './section-table.js';
import { openSequences } from './sequence-table.js';

/** Where something begins in a file. */
export interface Place {
  readonly line: number; // from 1; of Parquet the row's number
  readonly offset: number | null; // bytes of the file before it, of an unpacked one where it is packed; null: a row of Parquet
}

/** A row with the right number of fields. */
export interface TableRow extends Place {
  readonly index?: number; // where a line holds several rows: the how-manieth of the file this is, from 1
  readonly text: string;
  readonly fields: readonly string[];
}

/** What is counted while a file is read. Rows, rejects, merged rows and empty lines add up to what stands there. */
export interface Tally {
  rows: number;
  rejects: number;
  unreadable: number; // of the rejects those that are not for lack of an item or because of an earlier row
  merged: number;
  emptyLines: number;
  bytes: number; // of the file as it lies on the disk
}

export function newTally(): Tally {
  return { rows: 0, rejects: 0, unreadable: 0, merged: 0, emptyLines: 0, bytes: 0 };
}

/** Told of each line that is no row: its place, why, and its text. */
export type OnReject = (place: Place, reason: string, text: string) => void;

/** How the lines of a file are cut into fields. */
export interface Cut {
  readonly delimiter: string;
  readonly quote: string | undefined; // undefined: a quote is a character like any other
  readonly escapeMark: string | undefined;
  readonly width: number; // fields of a row
  readonly header: readonly string[] | undefined;
}

/** Takes lines straight from the bytes, from where the reader of lines stands, and tells how many; those that it leaves come as rows. */
export type Skim = () => number;

/** A file whose rows are one line each, or nearly all of them: others may read those, too. */
export interface Lines {
  readonly cut: Cut;
  readonly reader: LineReader;
}

/** The rows that a skim leaves. It takes lines only where none was read ahead for a quoted field. */
export function* skimmed(all: RowReader, skim: Skim): Generator<Row, void> {
  for (;;) {
    if (all.isAbreast) skim();
    const next = all.next();
    if (next.done) return;
    yield next.value;
  }
}

/** One file of a log, opened. */
export interface Table {
  /**
   * Index of a column in a row's fields. Asked for before rows(). Throws RectuneError 'data' that names the columns there are.
   *
   * kind  what it is read as: where a file has times of its own (Parquet), these are written in the unit that the table is said to have
   */
  column(column: Column, absent?: 'error' | 'empty', kind?: 'text' | 'time'): number;
  /** Of a file whose lines can be taken by others. */
  readonly lines?: Lines;
  /**
   * The rows that can be read, in file order; the others are told of. Can be read once.
   * skim: asked before each row where the file has `lines`; what it takes is no row of this
   */
  rows(skim?: Skim): Generator<TableRow, void>;
  /** Closes the file; after the last row it is closed already. */
  close(): void;
}

/** What a table of any format is read from: lines, or the bytes themselves. One of the two is read. */
export interface OpenedFile {
  readonly path: string;
  readonly spec: FileSpec;
  readonly lines: LineReader;
  readonly tail?: LineReader | undefined; // where reading goes on behind what an import of before has read: lines only tell how the file is cut
  readonly chunks: Generator<Uint8Array, void>;
  readonly layout: Layout;
  readonly tally: Tally;
  readonly reject: OnReject;
  readonly correct: string; // what to do about a column that is not there
}

/**
 * Opens a file of a log.
 *
 * tally     counts rejects, empty lines and bytes as they are read; rows are counted by the caller, who may reject more
 * correct   what an error says to do about a column that is not there
 * from      where an import of before ended, of a delimited file that is not packed; what stands before is not counted
 * throws    RectuneError 'data' when the file is missing, is empty, cannot be unpacked, or its header cannot be read
 * returns   the table, and whether its encoding is in doubt: a UTF-8 byte order mark in a file that is said to be latin-1
 */
export function openTable(
  path: string,
  spec: FileSpec,
  tally: Tally,
  reject: OnReject,
  onBytes: (bytes: number) => void = () => {},
  correct = 'correct its name in source.yaml',
  from?: LinePlace,
): { table: Table; encodingInDoubt: boolean } {
  if (spec.format === 'parquet') {
    return { table: openParquet(path, spec, tally, reject, onBytes, correct), encodingInDoubt: false };
  }
  const pieces = counted(path, tally, from ? () => {} : onBytes);
  try {
    const first = pieces.next(); // it tells the layout, and is handed on: the file is opened once
    const begin = first.done ? new Uint8Array() : first.value;
    const layout = layoutOf(begin, spec.encoding);
    if (spec.format === 'json' && layout.decoding.startsWith('utf-16')) {
      throw new RectuneError('data', 'JSON is UTF-8, and the file is UTF-16', path, 'save it as UTF-8');
    }
    const chunks = chain(begin, pieces);
    const tail = from && lines(countedTail(path, from.bytes, tally, onBytes), layout, from);
    const file: OpenedFile = { path, spec, chunks, lines: lines(chunks, layout), tail, layout, tally, reject, correct };
    const table = OPEN[spec.format](file);
    if (from) Object.assign(tally, newTally());
    const close = (): void => {
      table.close();
      pieces.return(); // a reader that never began does not close what it reads from
    };
    const encodingInDoubt = layout.byteOrderMark === 3 && spec.encoding !== 'utf-8';
    return { table: { ...table, close }, encodingInDoubt };
  } catch (error) {
    pieces.return();
    throw error;
  }
}

const OPEN = {
  delimited: openDelimited,
  'json-lines': openJson,
  'python-lines': openJson,
  json: openJson,
  sequences: openSequences,
  impressions: openImpressions,
  sections: openSections,
};

/** The content of a file; the first piece is long enough to tell the layout by, whatever the file is packed with. */
function* counted(path: string, tally: Tally, onBytes: (bytes: number) => void): Generator<Uint8Array, void> {
  let begin: Uint8Array[] | undefined = [];
  let length = 0;
  for (const { content, bytes } of readPieces(path)) {
    tally.bytes += bytes;
    if (bytes > 0) onBytes(bytes);
    if (begin === undefined) {
      yield content;
      continue;
    }
    begin.push(Uint8Array.from(content));
    length += content.length;
    if (length < ENOUGH) continue;
    yield Buffer.concat(begin);
    begin = undefined;
  }
  if (begin !== undefined && length > 0) yield Buffer.concat(begin);
}

function* countedTail(
  path: string,
  from: number,
  tally: Tally,
  onBytes: (bytes: number) => void,
): Generator<Uint8Array, void> {
  for (const chunk of readChunks(path, undefined, from)) {
    tally.bytes += chunk.length;
    onBytes(chunk.length);
    yield chunk;
  }
}

const ENOUGH = 1 << 16; // bytes

function* chain(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield first;
  yield* rest;
}
