import { RectuneError } from '../core/errors.js';
import { TextsFile } from '../core/source-spec.js';
import type { TextReject } from '../core/text-set.js';
import { readPieces } from '../platform/unpack.js';
import { newTally, type OnReject, openTable } from './table.js';

const LONGEST = 256 << 20; // bytes of a JSON object, which is read as a whole
const SHOWN = 500; // characters of a reject's text

/** One row of a file of texts. */
export interface TextRow {
  readonly place: string;
  readonly id: string;
  readonly text: string;
  readonly shown: string; // the row itself, cut short: the text of a reject
}

/**
 * The rows of a file of texts, which may be packed (.gz):
 * - JSON lines {"id": ..., "text": ...}, told by a first line that is one, or by the name (.jsonl, .ndjson);
 * - a JSON object, id to text, read as a whole and so at most 256 MB;
 * - CSV with columns "id" and "text".
 *
 * reject  told of each row that is none
 * throws  RectuneError 'data' for a file that is none of these, or cannot be read
 */
export function* readTexts(path: string, reject: (reject: TextReject) => void): Generator<TextRow, void> {
  const format = formatOf(path);
  if (format === 'json-object') yield* objectRows(path, reject);
  else yield* tableRows(path, format, reject);
}

function* tableRows(
  path: string,
  format: TextsFile['format'],
  reject: (reject: TextReject) => void,
): Generator<TextRow, void> {
  const spec = TextsFile.parse({ file: path, format });
  const tally = newTally();
  const onReject: OnReject = ({ line }, reason, text) =>
    reject({ place: `line ${line}`, reason, text: text.slice(0, SHOWN) });
  const { table } = openTable(path, spec, tally, onReject, undefined, 'a file of texts names them "id" and "text"');
  try {
    const [id, text] = [table.column(spec.columns.id), table.column(spec.columns.text)];
    for (const row of table.rows()) {
      const shown = row.text.slice(0, SHOWN);
      yield { place: `line ${row.line}`, id: row.fields[id] ?? '', text: row.fields[text] ?? '', shown };
    }
  } finally {
    table.close();
  }
}

function* objectRows(path: string, reject: (reject: TextReject) => void): Generator<TextRow, void> {
  for (const [id, text] of Object.entries(wholeObject(path))) {
    const place = `id ${JSON.stringify(id)}`;
    const shown = `${JSON.stringify(id)}: ${JSON.stringify(text)}`.slice(0, SHOWN);
    if (typeof text === 'string') yield { place, id, text, shown };
    else reject({ place, reason: 'the value is not a text', text: shown });
  }
}

function wholeObject(path: string): object {
  const pieces: Buffer[] = [];
  let length = 0;
  for (const { content } of readPieces(path)) {
    length += content.length;
    if (length > LONGEST) {
      const what = `a JSON object is read as a whole, and this one is longer than ${LONGEST >> 20} MB`;
      throw new RectuneError('data', what, path, 'write JSON lines: {"id": "1", "text": "..."}');
    }
    pieces.push(Buffer.from(content));
  }
  const fix =
    'write a JSON object from id to text, JSON lines {"id": "1", "text": "..."}, or CSV with columns id and text';
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch (error) {
    throw new RectuneError('data', `the file of texts cannot be read: ${(error as Error).message}`, path, fix);
  }
  if (typeof value !== 'object' || value === null) throw new Error('a text that begins with { is an object');
  return value;
}

function formatOf(path: string): TextsFile['format'] | 'json-object' {
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) return 'json-lines';
  const begin = beginOf(path).trimStart();
  if (!begin.startsWith('{')) return 'delimited';
  const line = begin.split('\n', 1)[0] as string;
  try {
    const value = JSON.parse(line) as object;
    return Object.hasOwn(value, 'id') && Object.hasOwn(value, 'text') ? 'json-lines' : 'json-object';
  } catch {
    return 'json-object'; // that goes on in the next line
  }
}

/** The first piece of a file as text; a byte order mark is left out. */
function beginOf(path: string): string {
  for (const { content } of readPieces(path)) return new TextDecoder().decode(content);
  return '';
}
