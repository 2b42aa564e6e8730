import { isUtf8 } from 'node:buffer';
import { RectuneError } from '../core/errors.js';
import type { Place } from './table.js';

const LONGEST = 1 << 22; // bytes of an element; a longer one counts as never closed
const MOST_LINES = 1000; // lines of an element, likewise
const [LF, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An element of a JSON array as it is written, or why there is none. */
export interface Element extends Place {
  readonly text: string;
  readonly problem: string | undefined;
}

/**
 * The elements of a file that is one JSON array, cut out of its bytes without reading it as a whole. An element that is not
 * closed costs its first line alone: reading goes on at the next one. What stands behind the array is a problem a line.
 *
 * chunks  the file's bytes, UTF-8
 * throws  RectuneError 'data' when the file does not begin with "["
 */
export function* jsonElements(chunks: Iterable<Uint8Array>, mark: number, path: string): Generator<Element, void> {
  const bytes = new Bytes(chunks);
  bytes.drop(mark);
  if (!bytes.skipSpace()) throw new RectuneError('data', 'the file is empty', path, 'put the file of the log there');
  if (bytes.at(0) !== OPEN_LIST) {
    const what = 'the file is not a JSON array: it does not begin with "["';
    throw new RectuneError('data', what, `${path}:${bytes.line}`, 'one object a line is format: json-lines');
  }
  bytes.drop(1);
  while (bytes.skipSpace()) {
    if (bytes.at(0) === COMMA) bytes.drop(1);
    else if (bytes.at(0) === CLOSE_LIST) {
      bytes.drop(1);
      break;
    } else yield element(bytes);
  }
  while (bytes.skipSpace()) {
    const { line, offset } = bytes;
    yield { line, offset, text: bytes.takeLine(), problem: 'text behind the end of the array' };
  }
}

function element(bytes: Bytes): Element {
  const { line, offset } = bytes;
  const length = lengthOf(bytes);
  if (length === undefined) return { line, offset, text: bytes.takeLine(), problem: 'JSON that is not closed' };
  const taken = bytes.take(length);
  const isText = isUtf8(taken);
  return { line, offset, text: taken.toString().trimEnd(), problem: isText ? undefined : 'bytes that are not UTF-8' };
}

/** How many bytes an element has; undefined when it is not closed, or too long. */
function lengthOf(bytes: Bytes): number | undefined {
  let depth = 0;
  let inText = false;
  let lines = 0;
  for (let at = 0; at <= LONGEST; at++) {
    const byte = bytes.at(at);
    if (byte === undefined) return undefined;
    if (inText) {
      if (byte === BACKSLASH && bytes.at(at + 1) !== LF) at += 1;
      else if (byte === QUOTE) inText = false;
      else if (byte === LF) return undefined; // no text of JSON holds one
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN || byte === OPEN_LIST) depth += 1;
    else if (byte === LF) {
      lines += 1;
      if (lines >= MOST_LINES) return undefined;
    } else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) return at;
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth <= 0) return at + 1; // closed, or once too often: then it is no JSON, and it ends here
    }
  }
  return undefined;
}

/** Bytes that are read as they are asked for, from where reading stands. */
class Bytes {
  readonly #chunks: Iterator<Uint8Array>;
  #held = Buffer.alloc(0);
  #begin = 0; // in held
  line = 1;
  offset = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  at(index: number): number | undefined {
    while (this.#begin + index >= this.#held.length) if (!this.#more()) return undefined;
    return this.#held[this.#begin + index];
  }

  take(length: number): Buffer {
    this.at(length - 1);
    const taken = this.#held.subarray(this.#begin, this.#begin + length);
    for (let at = taken.indexOf(LF); at >= 0; at = taken.indexOf(LF, at + 1)) this.line += 1;
    this.#begin += taken.length;
    this.offset += taken.length;
    return taken;
  }

  drop(length: number): void {
    this.take(length);
  }

  /** Text up to the end of the line, which is read over; of a line without end so many bytes as an element may have. */
  takeLine(): string {
    let length = 0;
    while (length < LONGEST && this.at(length) !== undefined && this.at(length) !== LF) length += 1;
    const text = this.take(length).toString().trimEnd();
    if (this.at(0) === LF) this.drop(1);
    return text;
  }

  /** Whether something else follows. */
  skipSpace(): boolean {
    for (let byte = this.at(0); byte !== undefined; byte = this.at(0)) {
      if (byte !== 0x20 && byte !== LF && byte !== 0x0d && byte !== 0x09) return true;
      if (byte === LF) this.line += 1;
      this.#begin += 1;
      this.offset += 1;
    }
    return false;
  }

  #more(): boolean {
    const next = this.#chunks.next();
    if (next.done) return false;
    this.#held = Buffer.concat([this.#held.subarray(this.#begin), next.value]);
    this.#begin = 0;
    return true;
  }
}
