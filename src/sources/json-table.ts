import { nearestWord, RectuneError } from '../core/errors.js';
import type { OpenedFile, Table } from './table.js';

type JsonObject = Record<string, unknown>;

/**
 * A file of JSON lines as a table: each line is an object, and a column is a key of it.
 * - "a.b" is the key "a.b", or else the key b of the object a.
 * - Text is taken as it is, a number as it is written, true and false as words; a list of these is joined by "|".
 * - A key that a line does not have, or has as null, is an empty value.
 */
export function openJsonLines({ path, lines, tally, reject, correct }: OpenedFile): Table {
  const columns: { key: string; found: boolean }[] = [];
  let first: JsonObject | undefined;
  let problem: { line: number; reason: string } | undefined;

  return {
    column(column) {
      columns.push({ key: String(column), found: false });
      return columns.length - 1;
    },
    close: () => void lines.return(),
    *rows() {
      for (const line of lines) {
        if (line.problem === undefined && line.text === '') {
          tally.emptyLines += 1;
          continue;
        }
        const row = line.problem === undefined ? readObject(line.text) : line.problem;
        const fields = typeof row === 'string' ? row : fieldsOf(row, line.text, columns);
        if (typeof row !== 'string') first ??= row;
        if (typeof fields === 'string') {
          problem ??= { line: line.number, reason: fields };
          reject(line.number, fields, line.text);
        } else yield { line: line.number, text: line.text, fields };
      }
      if (first === undefined) throw nothingRead(path, problem);
      for (const { key, found } of columns) if (!found) throw noSuchKey(key, first, path, correct);
    },
  };
}

/** The object on a line, or why there is none. */
function readObject(text: string): JsonObject | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  return isObject(value) ? value : 'not a JSON object';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The values of a row in the order of the columns, or why it has none. */
function fieldsOf(row: JsonObject, text: string, columns: { key: string; found: boolean }[]): string[] | string {
  let written: JsonObject | undefined; // the row again with its numbers as they are written
  const fields: string[] = [];
  for (const column of columns) {
    let value = valueAt(row, column.key);
    if (value !== undefined) column.found = true;
    if (typeof value === 'number' || (Array.isArray(value) && value.some((part) => typeof part === 'number'))) {
      written ??= JSON.parse(text.replace(STRING_OR_NUMBER, quoted)) as JsonObject;
      value = valueAt(written, column.key);
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

function joined(values: readonly unknown[]): string | undefined {
  const texts = values.map(textOf);
  return texts.includes(undefined) ? undefined : texts.join('|');
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

function nothingRead(path: string, problem: { line: number; reason: string } | undefined): RectuneError {
  if (!problem) return new RectuneError('data', 'the file is empty', path, 'put the file of the log there');
  const what = `no line of the file is a JSON object: ${problem.reason}`;
  return new RectuneError('data', what, `${path}:${problem.line}`, 'correct the file, or its format in source.yaml');
}

function noSuchKey(key: string, first: JsonObject, path: string, correct: string): RectuneError {
  const names = Object.keys(first);
  const near = nearestWord(key, names);
  const shown = names.map((name) => JSON.stringify(name)).join(', ');
  const fix = near === undefined ? correct : `did you mean ${JSON.stringify(near)}?`;
  return new RectuneError('data', `no line has the key "${key}"; the first one has ${shown}`, path, fix);
}
