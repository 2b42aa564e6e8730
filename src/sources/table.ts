import type { Column, FileSpec } from '../core/source-spec.js';
import { readPieces } from '../platform/unpack.js';
import { openDelimited } from './delimited-table.js';
import { openJsonLines } from './json-table.js';
import { type Line, layoutOf, lines } from './lines.js';
import { openSequences } from './sequence-table.js';

/** A row with the right number of fields. */
export interface TableRow {
  readonly line: number;
  readonly index?: number; // where a line holds several rows: the how-manieth of the file this is, from 1
  readonly text: string;
  readonly fields: readonly string[];
}

/** What is counted while a file is read. */
export interface Tally {
  rows: number;
  rejects: number;
  emptyLines: number;
  bytes: number; // of the file as it lies on the disk
}

/** Told of each line that is no row: its number, why, and its text. */
export type OnReject = (line: number, reason: string, text: string) => void;

/** One file of a log, opened. */
export interface Table {
  /** Index of a column in a row's fields. Asked for before rows(). Throws RectuneError 'data' that names the columns there are. */
  column(column: Column): number;
  /** The rows that can be read, in file order; the others are told of. Can be read once. */
  rows(): Generator<TableRow, void>;
  /** Closes the file; after the last row it is closed already. */
  close(): void;
}

/** What a table of any format is read from. */
export interface OpenedFile {
  readonly path: string;
  readonly spec: FileSpec;
  readonly lines: Generator<Line, void>;
  readonly tally: Tally;
  readonly reject: OnReject;
  readonly correct: string; // what to do about a column that is not there
}

/**
 * Opens a file of a log.
 *
 * tally     counts rejects, empty lines and bytes as they are read; rows are counted by the caller, who may reject more
 * correct   what an error says to do about a column that is not there
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
): { table: Table; encodingInDoubt: boolean } {
  const chunks = counted(path, tally, onBytes);
  try {
    const first = chunks.next(); // it tells the layout, and is handed on: the file is opened once
    const begin = first.done ? new Uint8Array() : first.value;
    const layout = layoutOf(begin, path);
    const all = lines(chain(begin, chunks), spec.encoding, layout);
    const file: OpenedFile = { path, spec, lines: all, tally, reject, correct };
    const table = OPEN[spec.format](file);
    const close = (): void => {
      table.close();
      chunks.return(); // a reader that never began does not close what it reads from
    };
    return { table: { ...table, close }, encodingInDoubt: layout.byteOrderMark && spec.encoding !== 'utf-8' };
  } catch (error) {
    chunks.return();
    throw error;
  }
}

const OPEN = { delimited: openDelimited, 'json-lines': openJsonLines, sequences: openSequences };

function* counted(path: string, tally: Tally, onBytes: (bytes: number) => void): Generator<Uint8Array, void> {
  for (const { content, bytes } of readPieces(path)) {
    tally.bytes += bytes;
    if (bytes > 0) onBytes(bytes);
    yield content;
  }
}

function* chain(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield first;
  yield* rest;
}
