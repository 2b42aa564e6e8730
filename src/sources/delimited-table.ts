import { nearestWord, RectuneError } from '../core/errors.js';
import type { Column, FileSpec } from '../core/source-spec.js';
import { looksLikeHeader } from './header.js';
import { type Row, type RowReader, rows } from './rows.js';
import { type OpenedFile, skimmed, type Table, type Tally } from './table.js';

/** Rows that decide how many fields a row of a file without a header has. */
export const LOOKED_AT = 100;

/**
 * A delimited file as a table: its header is read, or its first rows where it has none.
 *
 * taken  whether a row with another number of fields was something else, and is dealt with
 */
export function openDelimited(
  { path, spec, lines, tail, tally, reject, correct }: OpenedFile,
  taken: (text: string) => boolean = () => false,
): Table {
  const { delimiter, escape: escapeMark } = spec;
  const quote = spec.quote === 'none' ? undefined : spec.quote;
  for (let above = spec.skipLines ?? 0; above > 0 && !lines.next().done; above--) tally.emptyLines += 1;
  const all = rows(lines, delimiter, quote, escapeMark);
  const waiting: Row[] = []; // rows that were read to find the width
  const width = spec.header === true ? undefined : usualWidth(all, waiting, path, spec.overflow === 'last');
  const header = spec.header === true ? readHeader(all, tally, path) : spec.header ? headerOf(waiting) : undefined;
  const fieldsOfRow = width ?? (header as string[]).length;
  const body = tail ? rows(tail, delimiter, quote, escapeMark) : all;
  let asked = 0; // columns, so that no two that are not there have one place: another file of the table may have both
  if (tail) waiting.length = 0; // they were read at an import of before

  return {
    column(column, absent) {
      asked += 1;
      if (absent === 'empty' && !isThere(column, header, fieldsOfRow)) return NOWHERE - asked;
      return findColumn(column, header, fieldsOfRow, path, spec, correct);
    },
    lines: { cut: { delimiter, quote, escapeMark, width: fieldsOfRow, header }, reader: tail ?? lines },
    close() {
      all.return();
      body.return();
    },
    *rows(skim) {
      for (const row of chain(waiting, skim ? skimmed(body, skim) : body)) {
        if (row.kind === 'empty') tally.emptyLines += 1;
        else if (row.kind === 'problem') reject(row, row.problem, row.text);
        else if (row.fields.length > fieldsOfRow && spec.overflow === 'last') {
          const rest = row.fields.slice(fieldsOfRow - 1).join(delimiter);
          yield { ...row, fields: [...row.fields.slice(0, fieldsOfRow - 1), rest] };
        } else if (row.fields.length !== fieldsOfRow) {
          if (!taken(row.text)) reject(row, fieldCount(row.fields.length, fieldsOfRow), row.text);
        } else if (header && isSame(row.fields, header)) reject(row, 'the header again', row.text);
        else yield row;
      }
    },
  };
}

const NOWHERE = Number.MAX_SAFE_INTEGER; // no field stands there, or some columns before: the value is empty

function isThere(column: Column, header: readonly string[] | undefined, width: number): boolean {
  return typeof column === 'number' ? column < width : (header ?? []).includes(column);
}

/** Takes the first row away where it names the columns (header: auto). */
function headerOf(waiting: Row[]): string[] | undefined {
  const at = waiting.findIndex(({ kind }) => kind === 'row');
  const [first, ...others] = waiting.flatMap((row) => (row.kind === 'row' ? [row.fields] : []));
  if (!first || !looksLikeHeader(first, others)) return undefined;
  waiting.splice(at, 1);
  return first;
}

function* chain(first: readonly Row[], rest: Iterable<Row>): Generator<Row, void> {
  yield* first;
  yield* rest;
}

function readHeader(all: RowReader, tally: Tally, path: string): string[] {
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

/**
 * The most frequent number of fields among the first rows (the larger one of two), so that a bad first row decides nothing; of rows that may have more
 * fields the least one that a tenth of them have.
 */
function usualWidth(all: RowReader, waiting: Row[], path: string, mayHaveMore: boolean): number {
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
  const seen = [...frequency.values()].reduce((sum, times) => sum + times, 0);
  const [usual] = mayHaveMore
    ? [...frequency].filter(([, times]) => times >= seen / 10).sort(([widthA], [widthB]) => widthA - widthB)
    : [...frequency].sort(([widthA, a], [widthB, b]) => b - a || widthB - widthA);
  if (!usual) throw new RectuneError('data', 'the file has no row', path, 'put the file of the log there');
  return usual[0];
}

function findColumn(
  column: Column,
  header: readonly string[] | undefined,
  width: number,
  path: string,
  spec: FileSpec,
  correct: string,
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
    const fix = near === undefined ? correct : `did you mean ${JSON.stringify(near)}?`;
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
