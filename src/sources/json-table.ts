import { nearestWord, RectuneError } from '../core/errors.js';
import { jsonElements } from './json-array.js';
import { parsePythonLiteral } from './python-literal.js';
import type { OpenedFile, Place, Table, TableRow } from './table.js';

type JsonObject = Record<string, unknown>;

/** An object of a file, or why there is none. `written` is the object with its numbers as they are written. */
interface Read extends Place {
  readonly text: string;
  readonly object: JsonObject | undefined;
  readonly problem: string;
  written(): JsonObject;
}

/**
 * A file of JSON objects as a table: an object a line (json-lines), the elements of one array (json), or dictionaries as Python
 * prints them, a line each (python-lines; lines that are JSON are read, too). A column is a key.
 * - "a.b" is the key "a.b", or else the key b of the object a.
 * - Text is taken as it is, a number as it is written, true and false as words; a list of these is joined by "|".
 * - A key that an object does not have, or has as null, is an empty value.
 * - With `each`, the name of a key with a list, each object of the list is a row, and "list.key" a column of it.
 */
export function openJson(file: OpenedFile): Table {
  const { path, lines, chunks, spec, tally, reject, correct } = file;
  const columns: { key: string; found: boolean; absent: 'error' | 'empty' }[] = [];
  let first: JsonObject | undefined;
  let problem: { line: number; reason: string } | undefined;

  const tell = (place: Place, reason: string, text: string): void => {
    problem ??= { line: place.line, reason };
    reject(place, reason, text);
  };
  return {
    column(column, absent = 'error') {
      columns.push({ key: String(column), found: false, absent });
      return columns.length - 1;
    },
    close() {
      lines.return();
      chunks.return();
    },
    *rows() {
      let index = 0;
      for (const read of objectsOf(file)) {
        const { line, offset, object } = read;
        if (spec.format === 'json' && spec.each === undefined) index += 1; // of an array many may stand in one line
        if (object === undefined) {
          if (read.problem === '') tally.emptyLines += 1;
          else tell(read, read.problem, read.text);
          continue;
        }
        first ??= object;
        if (spec.each === undefined) {
          const fields = fieldsOf(object, read.written, columns);
          if (typeof fields === 'string') tell(read, fields, read.text);
          else yield { line, offset, ...(index > 0 && { index }), text: read.text, fields };
          continue;
        }
        const list = valueAt(object, spec.each);
        if (Array.isArray(list) && list.length > 0) {
          const key = spec.each;
          for (const [at, element] of list.entries()) {
            index += 1;
            const row = elementRow(read, object, key, at, element);
            const fields = fieldsOf(row.object, row.written, columns);
            if (!isObject(element)) tell(read, `${key} holds something that is no object`, row.text);
            else if (typeof fields === 'string') tell(read, fields, row.text);
            else yield { line, offset, index, text: row.text, fields } satisfies TableRow;
          }
        } else if (list === undefined || list === null || Array.isArray(list)) tally.emptyLines += 1;
        else tell(read, `${spec.each} is no list`, read.text);
      }
      if (first === undefined) throw nothingRead(path, problem);
      for (const { key, found, absent } of columns) {
        if (!found && absent === 'error') throw noSuchKey(key, first, path, correct);
      }
    },
  };
}

/** One element of a list as a row of its own, beside what the object around it has. */
function elementRow({ written }: Read, object: JsonObject, key: string, at: number, element: unknown) {
  return {
    object: { ...object, [key]: element },
    written: () => {
      const whole = written();
      return { ...whole, [key]: (valueAt(whole, key) as unknown[])[at] };
    },
    get text() {
      return JSON.stringify(element);
    },
  };
}

function* objectsOf({ spec, lines, chunks, layout, path }: OpenedFile): Generator<Read, void> {
  if (spec.format === 'json') {
    for (const { line, offset, text, problem } of jsonElements(chunks, layout.byteOrderMark, path)) {
      yield readObject({ line, offset }, text, problem, false);
    }
    return;
  }
  for (const { number: line, offset, text, problem } of lines) {
    yield readObject({ line, offset }, text, problem, spec.format === 'python-lines');
  }
}

/** The object that a text is; a text of nothing has no problem and is no object. */
function readObject({ line, offset }: Place, text: string, unreadable: string | undefined, python: boolean): Read {
  const told = (problem: string): Read => ({ line, offset, text, object: undefined, problem, written: () => ({}) });
  if (unreadable !== undefined) return told(unreadable);
  if (text.trim() === '') return told('');
  let value: unknown;
  let isPython = false;
  try {
    value = JSON.parse(text);
  } catch {
    const literal = python ? parsePythonLiteral(text) : undefined;
    if (!literal) return told(python ? 'neither a Python dictionary nor JSON' : 'not JSON');
    isPython = true;
    value = literal.value;
  }
  if (!isObject(value)) return told(isPython ? 'not a dictionary' : 'not a JSON object');
  const object = value;
  let quotedObject: JsonObject | undefined;
  const written = (): JsonObject => {
    if (isPython) return object;
    quotedObject ??= JSON.parse(text.replace(STRING_OR_NUMBER, quoted)) as JsonObject;
    return quotedObject;
  };
  return { line, offset, text, object, problem: '', written };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The values of a row in the order of the columns, or why it has none. */
function fieldsOf(
  row: JsonObject,
  written: () => JsonObject,
  columns: { key: string; found: boolean }[],
): string[] | string {
  const fields: string[] = [];
  for (const column of columns) {
    let value = valueAt(row, column.key);
    if (value !== undefined) column.found = true;
    if (typeof value === 'number' || (Array.isArray(value) && value.some((part) => typeof part === 'number'))) {
      value = valueAt(written(), column.key);
    }
    const field = Array.isArray(value) ? joined(value) : textOf(value);
    if (field === undefined) return `${column.key} is neither a text nor a number, nor a list of these`;
    fields.push(field);
  }
  return fields;
}

/** In a text that is JSON: what is not part of a string and looks like a number is one. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

function quoted(token: string): string {
  return token.startsWith('"') ? token : `"${token}"`;
}

function valueAt(row: JsonObject, key: string): unknown {
  if (Object.hasOwn(row, key)) return row[key];
  let value: unknown = row;
  for (const step of key.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

const DEEPEST = 8; // lists in lists; what is nested deeper is damaged

/** A list of texts; lists in it are laid out one after the other. */
function joined(values: readonly unknown[], depth = 0): string | undefined {
  if (depth > DEEPEST) return undefined;
  const texts = values.map((value) => (Array.isArray(value) ? joined(value, depth + 1) : textOf(value)));
  return texts.includes(undefined) ? undefined : texts.join('|');
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

function nothingRead(path: string, problem: { line: number; reason: string } | undefined): RectuneError {
  if (!problem) return new RectuneError('data', 'the file is empty', path, 'put the file of the log there');
  const what = `no row of the file is a JSON object: ${problem.reason}`;
  return new RectuneError('data', what, `${path}:${problem.line}`, 'correct the file, or its format in source.yaml');
}

function noSuchKey(key: string, first: JsonObject, path: string, correct: string): RectuneError {
  const names = Object.keys(first);
  const near = nearestWord(key, names);
  const shown = names.map((name) => JSON.stringify(name)).join(', ');
  const fix = near === undefined ? correct : `did you mean ${JSON.stringify(near)}?`;
  return new RectuneError('data', `no row has the key "${key}"; the first one has ${shown}`, path, fix);
}
