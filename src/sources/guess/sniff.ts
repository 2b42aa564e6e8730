import { isUtf8 } from 'node:buffer';
import type { Encoding, InteractionsSpec } from '../../core/source-spec.js';
import { readPieces } from '../../platform/unpack.js';
import { firstLines } from '../first-lines.js';
import { looksLikeHeader } from '../header.js';
import { jsonElements } from '../json-array.js';
import type { Line } from '../lines.js';
import { parsePythonLiteral } from '../python-literal.js';
import { rows } from '../rows.js';
import { isParquet, sniffParquet } from './sniff-parquet.js';

const LOOKED_AT = 200; // lines
const READ_FOR_ENCODING = 64 << 20; // bytes; a byte that is no UTF-8 may stand late in a file
const NEARLY = 0.02; // shares of rows that differ by less are alike
const DELIMITERS = ['\t', '::', ',', ';', '|', ' '];

/** How a file seems to be cut, and its first rows. */
export interface Sniffed {
  readonly format: InteractionsSpec['format'];
  readonly encoding: Encoding;
  readonly delimiter: string;
  readonly quote: '"' | 'none';
  readonly skipLines?: number | undefined; // lines above the table
  readonly header: boolean;
  readonly names: readonly string[] | undefined; // of the columns: the header's, or the keys of JSON
  readonly rows: readonly (readonly string[])[]; // in the order of the names, or of the fields
  readonly each: string | undefined;
  readonly why: readonly string[];
}

/** Guesses how a file is cut by its first lines; undefined when it is no table. */
export function sniff(path: string): Sniffed | undefined {
  if (isParquet(path)) return sniffParquet(path);
  const first = firstLines(path, LOOKED_AT);
  const encoding = encodingOf(path, first.layout.decoding);
  const { texts, numbers } = encoding.encoding === 'utf-8' ? first : firstLines(path, LOOKED_AT, encoding.encoding);
  const [begin] = texts;
  if (begin === undefined || texts.some((text) => text.includes('\0'))) return undefined;
  if (/^\s*\[/.test(begin)) return ofObjects('json', arrayObjects(path), encoding);
  if (/^\s*\{/.test(begin)) {
    const read = texts.map(objectOf);
    const known = read.flatMap((one) => (one ? [one] : []));
    if (known.length < 0.5 * texts.length) return undefined;
    return ofObjects(
      known.some(({ isPython }) => isPython) ? 'python-lines' : 'json-lines',
      known.map(({ value }) => value),
      encoding,
    );
  }
  return delimited(texts, numbers, encoding);
}

interface Told {
  readonly encoding: Encoding;
  readonly why: string[];
}

function encodingOf(path: string, decoding: string): Told {
  if (decoding.startsWith('utf-16')) return { encoding: 'utf-16', why: ['a byte order mark says UTF-16'] };
  let read = 0;
  let rest = Buffer.alloc(0);
  let isWindows = false;
  for (const { content } of readPieces(path)) {
    const bytes = Buffer.concat([rest, content]);
    const end = Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d)) + 1 || bytes.length;
    if (!isUtf8(bytes.subarray(0, end))) {
      for (const byte of bytes) if (byte >= 0x80 && byte <= 0x9f) isWindows = true;
      const encoding = isWindows ? 'windows-1252' : 'latin-1';
      return { encoding, why: [`it has bytes that are not UTF-8, so it is read as ${encoding}`] };
    }
    rest = Buffer.from(bytes.subarray(end));
    read += content.length;
    if (read > READ_FOR_ENCODING) break;
  }
  return { encoding: 'utf-8', why: [] };
}

function objectOf(text: string): { value: object; isPython: boolean } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value, isPython: false } : undefined;
  } catch {
    const literal = parsePythonLiteral(text)?.value;
    return isObject(literal) ? { value: literal, isPython: true } : undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function arrayObjects(path: string): object[] {
  const found: object[] = [];
  const pieces = function* (): Generator<Uint8Array, void> {
    for (const { content } of readPieces(path)) yield Buffer.from(content);
  };
  for (const { text, problem } of jsonElements(pieces(), 0, path)) {
    const one = problem === undefined ? objectOf(text)?.value : undefined;
    if (one) found.push(one);
    if (found.length >= LOOKED_AT) break;
  }
  return found;
}

function ofObjects(
  format: 'json' | 'json-lines' | 'python-lines',
  objects: readonly object[],
  { encoding, why }: Told,
): Sniffed | undefined {
  if (objects.length === 0) return undefined;
  const each = listOfObjects(objects);
  const flat = objects.flatMap((one) => laidOut(one as Record<string, unknown>, each));
  const names = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const what = {
    json: 'a JSON array',
    'json-lines': 'a JSON object a line',
    'python-lines': 'a Python dictionary a line',
  }[format];
  return {
    format,
    encoding: format === 'json' ? 'utf-8' : encoding,
    delimiter: ',',
    quote: '"',
    header: true,
    names,
    rows: flat.map((row) => names.map((name) => row.get(name) ?? '')),
    each,
    why: [`it is ${what}`, ...(each === undefined ? [] : [`each object of the list ${each} is a row`]), ...why],
  };
}

/** The key of a list of objects that most objects have, with an id in them. */
function listOfObjects(objects: readonly object[]): string | undefined {
  const keys = new Set(objects.flatMap((one) => Object.keys(one)));
  return [...keys].find((key) => {
    const lists = objects
      .map((one) => (one as Record<string, unknown>)[key])
      .filter((value) => Array.isArray(value) && value.length > 0) as unknown[][];
    const hasId = (value: unknown): boolean =>
      isObject(value) && Object.keys(value).some((name) => /(^|_)id$|Id$|^asin$/.test(name));
    return lists.length >= 0.3 * objects.length && lists.every((list) => list.every(hasId));
  });
}

/** The values of an object by key, keys of objects in it by "a.b"; a row of each object of the list `each`. */
function laidOut(object: Record<string, unknown>, each: string | undefined): Map<string, string>[] {
  const own = new Map<string, string>();
  for (const [key, value] of Object.entries(object)) if (key !== each) put(own, key, value);
  if (each === undefined) return [own];
  const list = object[each];
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((one) => {
    const row = new Map(own);
    for (const [key, value] of Object.entries(one)) put(row, `${each}.${key}`, value);
    return row;
  });
}

function put(row: Map<string, string>, key: string, value: unknown): void {
  if (isObject(value)) {
    for (const [inner, one] of Object.entries(value)) if (!isObject(one)) put(row, `${key}.${inner}`, one); // one level: a key has one dot
  } else if (Array.isArray(value)) {
    if (value.every((one) => !isObject(one)))
      row.set(
        key,
        value
          .flat(8)
          .filter((one) => !Array.isArray(one))
          .join('|'),
      );
  } else row.set(key, value === null ? '' : String(value));
}

/** numbers: of the lines in the file */
function delimited(texts: readonly string[], numbers: readonly number[], { encoding, why }: Told): Sniffed | undefined {
  const tries = DELIMITERS.map((delimiter) => {
    const [quoted, plain] = [cut(texts, delimiter, '"'), cut(texts, delimiter, 'none')];
    return plain.share > quoted.share + NEARLY ? plain : quoted;
  });
  // The most rows of one width; of nearly as many the wider ones.
  const best = tries.reduce((a, b) => {
    const isWider = Math.abs(b.share - a.share) <= NEARLY && b.width > a.width && b.share > 0.9;
    return b.share > a.share + NEARLY || isWider ? b : a;
  });
  const sequence = sequences(texts);
  if (sequence !== undefined && best.share < 0.9) {
    return {
      format: 'sequences',
      encoding,
      delimiter: sequence,
      quote: '"',
      header: true,
      names: undefined,
      rows: sequenceRows(texts, sequence),
      each: undefined,
      why: ['each line is a user and a list of items, of any length', ...why],
    };
  }
  if (best.width < 2 || best.share < 0.5) return undefined;
  const [first = [], ...others] = best.rows;
  const header = looksLikeHeader(first, others);
  const skipLines = best.first === 0 ? undefined : (numbers[best.first] as number) - 1;
  return {
    format: 'delimited',
    encoding,
    delimiter: best.delimiter,
    quote: best.quote,
    skipLines,
    header,
    names: header ? first : undefined,
    rows: header ? others : best.rows,
    each: undefined,
    why: [
      `${Math.round(best.share * 100)} % of the first rows have ${best.width} fields with the delimiter ${JSON.stringify(best.delimiter)}`,
      header ? 'the first row names the columns' : 'the first row is like the others: there is no header',
      ...(skipLines === undefined
        ? []
        : [`${skipLines} ${skipLines === 1 ? 'line stands' : 'lines stand'} above the table`]),
      ...why,
    ],
  };
}

interface Cut {
  readonly delimiter: string;
  readonly quote: '"' | 'none';
  readonly rows: string[][];
  readonly width: number;
  readonly share: number;
  readonly first: number; // which text the first row of that width is
}

function cut(texts: readonly string[], delimiter: string, quote: '"' | 'none'): Cut {
  const lines = function* (): Generator<Line, void> {
    for (const [i, text] of texts.entries()) yield { number: i + 1, offset: 0, text, ending: '\n', problem: undefined };
  };
  const all = [...rows(lines(), delimiter, quote === 'none' ? undefined : quote)];
  const widths = new Map<number, number>();
  for (const row of all)
    if (row.kind === 'row') widths.set(row.fields.length, (widths.get(row.fields.length) ?? 0) + 1);
  const [width, count] = [...widths].sort(([widthA, a], [widthB, b]) => b - a || widthB - widthA)[0] ?? [0, 0];
  const first = all.find((row) => row.kind === 'row' && row.fields.length === width)?.line ?? 1;
  const cutRows = all.flatMap((row) => (row.kind === 'row' && row.fields.length === width ? [row.fields] : []));
  return {
    delimiter,
    quote,
    rows: cutRows,
    width,
    share: width < 2 ? 0 : count / Math.max(1, all.length),
    first: first - 1,
  };
}

/** The delimiter of lines that are ids alone, at least two and not equally many. */
function sequences(texts: readonly string[]): string | undefined {
  return [' ', '\t', ','].find((delimiter) => {
    const all = texts.map((text) => text.split(delimiter));
    return (
      all.every((ids) => ids.length > 1 && ids.every((id) => /^[\w.-]+$/.test(id))) &&
      new Set(all.map((ids) => ids.length)).size > 1
    );
  });
}

function sequenceRows(texts: readonly string[], delimiter: string): string[][] {
  return texts.flatMap((text) => {
    const [user = '', ...items] = text.split(delimiter);
    return items.map((item) => [user, item]);
  });
}
