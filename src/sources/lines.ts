import { isUtf8 } from 'node:buffer';
import type { Encoding } from '../core/source-spec.js';

const LF = 0x0a;
const CR = 0x0d;
export const LONGEST = 1 << 22; // bytes; a longer line is a damaged file, and must not fill the memory
const SHOWN = 2000; // bytes kept of an over-long line: enough for the text of a reject

/** How a file's bytes are read: of UTF-16 the order of the two bytes is known. */
export type Decoding = Exclude<Encoding, 'utf-16'> | 'utf-16le' | 'utf-16be';

/** One physical line of a file. */
export interface Line {
  readonly number: number; // from 1
  readonly offset: number; // bytes of the file before it
  readonly text: string; // without its line end
  readonly ending: '\n' | '\r\n' | '\r' | ''; // '' at the end of the file
  readonly problem: string | undefined; // why the line cannot be read
}

/** How a file's lines end and begin, and what its bytes mean. */
export interface Layout {
  readonly newline: typeof LF | typeof CR;
  readonly byteOrderMark: number; // its bytes: 0 without one
  readonly decoding: Decoding;
}

/**
 * A line ends with LF or CR LF; in a file that has CR and no LF in its first chunk, a megabyte, with CR. A byte order mark of
 * UTF-16 is believed, whatever the file is said to be: no text of another encoding begins like this.
 */
export function layoutOf(first: Uint8Array, said: Encoding): Layout {
  const [a, b, c] = first;
  const little = a === 0xff && b === 0xfe;
  const big = a === 0xfe && b === 0xff;
  const isUtf8Marked = a === 0xef && b === 0xbb && c === 0xbf;
  const decoding = little ? 'utf-16le' : big ? 'utf-16be' : said === 'utf-16' ? unmarkedOrder(first) : said;
  const has = (unit: number): boolean => findUnit(asBuffer(first), unit, 0, decoding) >= 0;
  return {
    newline: !has(LF) && has(CR) ? CR : LF,
    byteOrderMark: little || big ? 2 : isUtf8Marked && !isWide(decoding) ? 3 : 0,
    decoding,
  };
}

/** Most texts have many characters below 256: the byte that is zero more often is the higher one. */
function unmarkedOrder(first: Uint8Array): 'utf-16le' | 'utf-16be' {
  let higher = 0;
  for (let i = 0; i < Math.min(first.length, 4096); i++) if (first[i] === 0) higher += i % 2 === 0 ? -1 : 1;
  return higher < 0 ? 'utf-16be' : 'utf-16le';
}

function isWide(decoding: Decoding): boolean {
  return decoding === 'utf-16le' || decoding === 'utf-16be';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Where a line end's character stands, from an index on; in UTF-16 at an even one. */
function findUnit(buffer: Buffer, unit: number, from: number, decoding: Decoding): number {
  if (!isWide(decoding)) return buffer.indexOf(unit, from);
  const low = decoding === 'utf-16le' ? 0 : 1; // which of the two bytes is the lower one
  for (let at = buffer.indexOf(unit, from); at >= 0; at = buffer.indexOf(unit, at + 1)) {
    if (at % 2 === low && buffer[low === 0 ? at + 1 : at - 1] === 0) return at - low;
  }
  return -1;
}

/** Chunks of UTF-16 with whole characters; a byte that is left over at the end of the file comes last. */
function* evenChunks(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let odd = Buffer.alloc(0);
  for (const chunk of chunks) {
    const all: Uint8Array = odd.length > 0 ? Buffer.concat([odd, chunk]) : chunk;
    const even = all.length - (all.length % 2);
    odd = Buffer.from(all.subarray(even));
    if (even > 0) yield all.subarray(0, even);
  }
  if (odd.length > 0) yield odd;
}

/**
 * Physical lines of a file, decoded one by one, so that a bad byte spoils its own line only.
 * latin-1 is ISO 8859-1: every byte is a character. Nothing is trimmed; a byte order mark is left out.
 *
 * chunks  the file's bytes; a chunk may be overwritten once the next one is asked for
 */
export function lines(chunks: Iterable<Uint8Array>, layout: Layout, from?: LinePlace): LineReader {
  return new LineReader(chunks, layout, from);
}

/** Where the chunks begin in their file: behind so many bytes, which are so many lines. */
export interface LinePlace {
  readonly bytes: number;
  readonly lines: number;
}

const START: LinePlace = { bytes: 0, lines: 0 };

/** Lines of a file (lines above). Between two of them it tells where it stands, and others may take whole lines from its bytes. */
export class LineReader implements IterableIterator<Line> {
  readonly layout: Layout;
  readonly #width: 1 | 2; // bytes of a character of a line end
  readonly #chunks: Iterator<Uint8Array>;
  #piece: Buffer = Buffer.alloc(0);
  #begin = 0; // of the next line in the piece
  #number: number; // of lines before it
  #offset: number; // of bytes before it
  #isOver = false;

  constructor(chunks: Iterable<Uint8Array>, layout: Layout, { bytes, lines }: LinePlace = START) {
    this.layout = layout;
    this.#number = lines;
    this.#offset = bytes;
    this.#width = isWide(layout.decoding) ? 2 : 1;
    this.#chunks = (this.#width === 2 ? evenChunks(chunks) : chunks)[Symbol.iterator]();
  }

  /** The bytes in memory that no line was made of yet; they begin with a line. Empty where the next one is not read. */
  get unread(): { readonly piece: Buffer; readonly begin: number } {
    return { piece: this.#piece, begin: this.#begin };
  }

  /** The number of the line that was read or taken last. */
  get number(): number {
    return this.#number;
  }

  /** Goes on behind lines of `unread` that somebody else has read. */
  take(count: number, bytes: number): void {
    this.#number += count;
    this.#begin += bytes;
    this.#offset += bytes;
  }

  next(): IteratorResult<Line, undefined> {
    const { newline, decoding } = this.layout;
    const carried: Buffer[] = []; // the begin of a line that goes on in the next chunk
    let length = 0;
    while (!this.#isOver) {
      const end = findUnit(this.#piece, newline, this.#begin, decoding);
      if (end >= 0) {
        const rest = this.#piece.subarray(this.#begin, end);
        this.#begin = end + this.#width;
        return { done: false, value: this.#whole(carried, rest, length + rest.length, true) };
      }
      const rest = this.#piece.length - this.#begin;
      if (rest > 0 && length <= LONGEST) carried.push(Buffer.from(this.#piece.subarray(this.#begin))); // a copy; past the limit only counted
      length += rest;
      this.#read();
    }
    if (length === 0) return { done: true, value: undefined };
    return { done: false, value: this.#whole(carried, Buffer.alloc(0), length, false) };
  }

  return(): IteratorResult<Line, undefined> {
    this.#isOver = true;
    this.#piece = Buffer.alloc(0);
    this.#begin = 0;
    this.#chunks.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #read(): void {
    const next = this.#chunks.next();
    this.#isOver = next.done === true;
    this.#piece = next.done ? Buffer.alloc(0) : asBuffer(next.value);
    this.#begin = 0;
  }

  #whole(carried: readonly Buffer[], rest: Buffer, length: number, ended: boolean): Line {
    let bytes = carried.length === 0 ? rest : Buffer.concat([...carried, rest]);
    this.#number += 1;
    const begin = this.#offset;
    this.#offset += length + (ended ? this.#width : 0);
    if (this.#number === 1 && this.layout.byteOrderMark > 0) bytes = bytes.subarray(this.layout.byteOrderMark);
    return toLine(this.#number, begin, bytes, length, ended, this.layout);
  }
}

function toLine(
  number: number,
  offset: number,
  bytes: Buffer,
  length: number,
  ended: boolean,
  { newline, decoding }: Layout,
): Line {
  if (length > LONGEST) {
    const text = decode(bytes.subarray(0, SHOWN), decoding);
    return { number, offset, text, ending: '', problem: `line longer than ${LONGEST} bytes` };
  }
  const decoded = decode(bytes, decoding);
  const windows = ended && newline === LF && decoded.endsWith('\r');
  const text = windows ? decoded.slice(0, -1) : decoded;
  const ending = !ended ? '' : newline === CR ? '\r' : windows ? '\r\n' : '\n';
  return { number, offset, text, ending, problem: problemOf(text, bytes, decoding) };
}

export function decode(bytes: Buffer, decoding: Decoding): string {
  switch (decoding) {
    case 'utf-8':
      return bytes.toString('utf8');
    case 'latin-1':
      return bytes.toString('latin1');
    case 'windows-1252':
      return bytes.toString('latin1').replace(C1, (unit) => WINDOWS[unit.charCodeAt(0) - 0x80] as string);
    case 'utf-16le':
      return bytes.toString('utf16le');
    case 'utf-16be':
      return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
        .swap16()
        .toString('utf16le');
  }
}

const C1 = /[\x80-\x9f]/g;
/** What windows-1252 has where ISO 8859-1 has control characters; five bytes mean nothing there and stay what they are. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function problemOf(text: string, bytes: Buffer, decoding: Decoding): string | undefined {
  if (text.includes('\0')) return 'NUL byte';
  // Decoding puts U+FFFD for bytes that are no UTF-8; a file may also hold that character itself.
  if (decoding === 'utf-8' && text.includes('\ufffd') && !isUtf8(bytes)) return 'bytes that are not UTF-8';
  if (isWide(decoding) && (bytes.length % 2 === 1 || LONE_SURROGATE.test(text))) return 'bytes that are not UTF-16';
  return undefined;
}
