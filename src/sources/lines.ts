import { isUtf8 } from 'node:buffer';
import { RectuneError } from '../core/errors.js';

const LF = 0x0a;
const CR = 0x0d;
const LONGEST = 1 << 20; // bytes; a longer line is a damaged file, and must not fill the memory
const SHOWN = 2000; // bytes kept of an over-long line: enough for the text of a reject

export type Encoding = 'utf-8' | 'latin-1';

/** One physical line of a file. */
export interface Line {
  readonly number: number; // from 1
  readonly text: string; // without its line end
  readonly ending: '\n' | '\r\n' | '\r' | ''; // '' at the end of the file
  readonly problem: string | undefined; // why the line cannot be read
}

/** How a file's lines end and begin. */
export interface Layout {
  readonly newline: typeof LF | typeof CR;
  readonly byteOrderMark: boolean;
}

/**
 * A line ends with LF or CR LF; in a file that has CR and no LF in its first chunk, a megabyte, with CR.
 *
 * path    for the error
 * throws  RectuneError 'data' for UTF-16
 */
export function layoutOf(first: Uint8Array, path: string): Layout {
  const [a, b, c] = first;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new RectuneError('data', 'the file is UTF-16', path, 'save it as UTF-8');
  }
  return {
    newline: !first.includes(LF) && first.includes(CR) ? CR : LF,
    byteOrderMark: a === 0xef && b === 0xbb && c === 0xbf,
  };
}

/**
 * Physical lines of a file, decoded one by one, so that a bad byte spoils its own line only.
 * latin-1 is ISO 8859-1: every byte is a character. Nothing is trimmed; a byte order mark is left out.
 *
 * chunks  the file's bytes; a chunk may be overwritten once the next one is asked for
 */
export function* lines(chunks: Iterable<Uint8Array>, encoding: Encoding, layout: Layout): Generator<Line, void> {
  let number = 0;
  let carried: Buffer[] = []; // the begin of a line that goes on in the next chunk
  let carriedLength = 0;

  function whole(rest: Buffer, ended: boolean): Line {
    const length = carriedLength + rest.length;
    let bytes = carried.length === 0 ? rest : Buffer.concat([...carried, rest]);
    carried = [];
    carriedLength = 0;
    number += 1;
    if (number === 1 && layout.byteOrderMark) bytes = bytes.subarray(3);
    return toLine(number, bytes, length, ended, encoding, layout.newline);
  }

  for (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let begin = 0;
    for (let end = buffer.indexOf(layout.newline); end >= 0; end = buffer.indexOf(layout.newline, begin)) {
      yield whole(buffer.subarray(begin, end), true);
      begin = end + 1;
    }
    if (begin === buffer.length) continue;
    if (carriedLength <= LONGEST) carried.push(Buffer.from(buffer.subarray(begin))); // a copy; past the limit only counted
    carriedLength += buffer.length - begin;
  }
  if (carriedLength > 0) yield whole(Buffer.alloc(0), false);
}

function toLine(
  number: number,
  bytes: Buffer,
  length: number,
  ended: boolean,
  encoding: Encoding,
  newline: Layout['newline'],
): Line {
  if (length > LONGEST) {
    const text = decode(bytes.subarray(0, SHOWN), encoding);
    return { number, text, ending: '', problem: `line longer than ${LONGEST} bytes` };
  }
  const windows = ended && newline === LF && bytes.at(-1) === CR;
  const content = windows ? bytes.subarray(0, -1) : bytes;
  const text = decode(content, encoding);
  const ending = !ended ? '' : newline === CR ? '\r' : windows ? '\r\n' : '\n';
  return { number, text, ending, problem: problemOf(text, content, encoding) };
}

function decode(bytes: Buffer, encoding: Encoding): string {
  return bytes.toString(encoding === 'utf-8' ? 'utf8' : 'latin1');
}

function problemOf(text: string, bytes: Buffer, encoding: Encoding): string | undefined {
  if (text.includes('\0')) return 'NUL byte';
  // Decoding puts U+FFFD for bytes that are no UTF-8; a file may also hold that character itself.
  if (encoding === 'utf-8' && text.includes('\ufffd') && !isUtf8(bytes)) return 'bytes that are not UTF-8';
  return undefined;
}
