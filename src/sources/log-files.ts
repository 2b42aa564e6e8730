import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Column, FileSpec } from '../core/source-spec.js';
import type { LinePlace } from './lines.js';
import { isReadable } from './open-file.js';
import {
  type Lines,
  newTally,
  openTable,
  type Place,
  type Skim,
  type Table,
  type TableRow,
  type Tally,
} from './table.js';

/** Told of each row that is none: the file, its place, why, and its text. */
export type OnFileReject = (file: string, place: Place, reason: string, text: string) => void;

/**
 * Makes what takes the lines of a file, or nothing where they cannot be taken.
 *
 * placeOf  where the file has the column that the first file has at an index
 * before   what logIndex is more than the line
 */
export type SkimOf = (lines: Lines, placeOf: (index: number) => number, before: number) => Skim | undefined;

/** Where an import of before ended in the first of the files. */
export interface LogPlace {
  readonly before: number; // of that file: what logIndex is more than the line
  readonly lastRow: number; // the line or index of its last row
  readonly from: LinePlace | undefined; // where its new lines begin; undefined: it has none, and only its columns are looked at
}

/** What messages call a table of these files. */
export function labelOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] as string) : `${names[0]} and ${names.length - 1} more`;
}

/** What was counted of one file, and where its rows begin among those of the files before it. */
export interface FileTally extends Tally {
  readonly name: string;
  before: number; // what logIndex is more than the row's own line or index
}

/**
 * The files of one table of a log, one after the other, as one table. The first is opened at once, so that a missing column is
 * told before anything is read; the others when it is their turn. Columns are looked for in each file by name: the order of
 * columns may differ.
 */
export class LogFiles {
  readonly tallies: FileTally[] = [];
  readonly #folder: string;
  readonly #spec: FileSpec;
  readonly #names: readonly string[];
  readonly #onReject: OnFileReject;
  readonly #onBytes: (file: string, bytes: number) => void;
  readonly #doubtful: string[] = [];
  readonly #columns: { column: Column; absent: 'error' | 'empty'; kind: 'text' | 'time'; index: number }[] = [];
  #table: Table;
  #tally: FileTally;
  #last: number; // the last line or index that was met in this file
  readonly #place: LogPlace | undefined;
  #wasFed = false; // more was read since it was asked

  constructor(
    folder: string,
    names: readonly string[],
    spec: FileSpec,
    onReject: OnFileReject,
    onBytes: (file: string, bytes: number) => void,
    place?: LogPlace,
  ) {
    this.#place = place;
    this.#last = place?.lastRow ?? 0;
    this.#folder = folder;
    this.#names = names;
    this.#spec = spec;
    this.#onReject = onReject;
    this.#onBytes = (file, bytes) => {
      this.#wasFed = true;
      onBytes(file, bytes);
    };
    [this.#table, this.#tally] = this.#open(names[0] as string, place?.before ?? 0, place?.from);
  }

  /** What messages call the table. */
  get label(): string {
    return labelOf(this.#names);
  }

  /** All rows that were met so far, whatever became of them. */
  get seen(): number {
    return this.tallies.reduce((sum, { rows, rejects, merged }) => sum + rows + rejects + merged, 0);
  }

  get rejected(): number {
    return this.tallies.reduce((sum, { rejects }) => sum + rejects, 0);
  }

  /** Files with a byte order mark that speaks against the encoding they are said to have. */
  get doubtful(): readonly string[] {
    return this.#doubtful;
  }

  column(column: Column, absent: 'error' | 'empty' = 'error', kind: 'text' | 'time' = 'text'): number {
    const index = this.#table.column(column, absent, kind);
    this.#columns.push({ column, absent, kind, index });
    return index;
  }

  /** skimOf: makes a reader that takes lines of a file before they become rows; they are counted as rows that were taken. */
  *rows(skimOf?: SkimOf): Generator<TableRow, void> {
    for (const [at, name] of this.#names.entries()) {
      if (at > 0) {
        this.#table.close();
        [this.#table, this.#tally] = this.#open(name, this.#tally.before + this.#last);
        this.#last = 0;
      }
      const isRead = at === 0 && this.#place !== undefined && this.#place.from === undefined;
      if (!isRead) yield* this.#rowsOf(at, this.#table, skimOf);
    }
  }

  /** Where the row that was yielded last stands in the whole log: unlike its line it is unique, and grows. */
  logIndex(row: TableRow): number {
    return this.#tally.before + (row.index ?? row.line);
  }

  /** The row that was yielded last is taken, or went into another one. */
  count(as: 'rows' | 'merged'): void {
    this.#tally[as] += 1;
  }

  /** The tally of the file that the row which was yielded last stands in. */
  get tally(): FileTally {
    return this.#tally;
  }

  /** Whether more of a file was read since this was asked last, about a megabyte: time to let others have their turn. */
  wasFed(): boolean {
    const was = this.#wasFed;
    this.#wasFed = false;
    return was;
  }

  /** The row that was yielded last cannot be used. */
  reject(row: TableRow, reason: string): void {
    this.#reject(this.#tally, row, reason, row.text);
  }

  close(): void {
    this.#table.close();
  }

  *#rowsOf(at: number, table: Table, skimOf?: SkimOf): Generator<TableRow, void> {
    const moved = at === 0 ? [] : this.#moves(table, this.#names[at] as string);
    for (const row of table.rows(this.#skim(table, moved, skimOf))) {
      this.#last = row.index ?? row.line;
      yield moved.length === 0 ? row : { ...row, fields: rearranged(row.fields, moved) };
    }
  }

  #skim({ lines }: Table, moved: readonly [number, number][], skimOf?: SkimOf): Skim | undefined {
    const places = new Map(moved);
    const tally = this.#tally;
    const skim = lines && skimOf?.(lines, (index) => places.get(index) ?? index, tally.before);
    if (!skim) return undefined;
    return () => {
      const taken = skim();
      if (taken > 0) this.#last = lines.reader.number;
      tally.rows += taken;
      return taken;
    };
  }

  /** Where this file has the columns elsewhere than the first one: [place in the first file, place here]. */
  #moves(table: Table, name: string): [number, number][] {
    const moves = this.#columns.map(({ column, absent, kind, index }): [number, number] => {
      return [index, table.column(column, absent, kind)];
    });
    const differing = moves.filter(([to, from]) => to !== from);
    if (differing.length > 0 && this.#columns.some(({ column }) => typeof column === 'number')) {
      const what = 'the files of a table have their columns in different orders, and some are named by index';
      throw new RectuneError('data', what, join(this.#folder, name), 'name columns by the names of the header');
    }
    return differing.length > 0 ? moves : [];
  }

  #open(name: string, before: number, from?: LinePlace): [Table, FileTally] {
    const tally: FileTally = { ...newTally(), name, before };
    this.tallies.push(tally);
    const { table, encodingInDoubt } = openTable(
      join(this.#folder, name),
      this.#spec,
      tally,
      (place, reason, text) => this.#reject(tally, place, reason, text),
      (bytes) => this.#onBytes(name, bytes),
      undefined,
      from,
    );
    if (encodingInDoubt) this.#doubtful.push(name);
    return [table, tally];
  }

  #reject(tally: FileTally, place: Place, reason: string, text: string): void {
    tally.rejects += 1;
    if (!isReadable(reason)) tally.unreadable += 1;
    this.#onReject(tally.name, place, reason, text);
  }
}

function rearranged(fields: readonly string[], moves: readonly [number, number][]): string[] {
  const placed = [...fields];
  for (const [to, from] of moves) placed[to] = fields[from] ?? '';
  return placed;
}
