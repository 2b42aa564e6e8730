import { RectuneError } from '../core/errors.js';
import { readChunks } from './files.js';
import type { BytePlace } from './staged-folder.js';

const NEWLINE = 0x0a;

/** One line of a JSON-lines file; line counts from 1. */
export interface JsonLine {
  readonly line: number;
  readonly value: unknown;
  readonly place: BytePlace; // with the newline
}

/**
 * The values of a JSON-lines file (UTF-8, one value a line), in order. Lines with nothing but spaces are skipped and counted.
 * Only a newline ends a line: JSON text may hold U+2028 and U+2029, at which node:readline would cut.
 *
 * throws  RectuneError 'data' that names file and line
 */
export function* jsonLines(path: string): Generator<JsonLine, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  let begin = 0;
  for (const bytes of linesOf(path)) {
    line += 1;
    const place = { begin, length: bytes.length + 1 };
    begin += place.length;
    const where = `${path}:${line}`;
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      throw new RectuneError('data', 'the line is not UTF-8 text', where, 'make the file again');
    }
    if (line === 1 && text.startsWith('\ufeff')) text = text.slice(1);
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new RectuneError('data', `not JSON: ${(error as Error).message}`, where, 'make the file again');
    }
    yield { line, value, place };
  }
}

/** Values as JSON lines, each with its newline: content for writeSealed. */
export function* toJsonLines(values: Iterable<unknown>): Generator<string, void> {
  for (const value of values) yield `${JSON.stringify(value)}\n`;
}

/** Bytes between newlines; a last line without a newline counts. */
function* linesOf(path: string): Generator<Uint8Array, void> {
  let carried: Uint8Array[] = []; // copies: a chunk's memory is used again for the next
  for (const chunk of readChunks(path)) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      const rest = chunk.subarray(begin, end);
      yield carried.length === 0 ? rest : Buffer.concat([...carried, rest]);
      carried = [];
      begin = end + 1;
    }
    if (begin < chunk.length) carried.push(chunk.slice(begin));
  }
  if (carried.length > 0) yield Buffer.concat(carried);
}
