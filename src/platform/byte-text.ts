const FIRST_BYTES = 1 << 19;
const SHORT = 48; // characters up to which a call takes longer than the characters one by one
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NEWLINE = 0x0a;
const LETTER_N = 0x6e;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Of each byte whether it is a character that JSON has as it is. */
export const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH && byte < 0x80 ? 1 : 0,
);

/** Text in the making as UTF-8 bytes. The bytes are used again for the next text, so that a file of many lines makes no strings. */
export class ByteText {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far, valid until more is put down or they are cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was put down, as a string, and begins anew. */
  takeText(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    return text;
  }

  text(text: string): void {
    const to = this.#room(3 * text.length);
    let at = this.#length;
    let i = 0;
    if (text.length <= SHORT) {
      for (; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        to[at++] = unit;
      }
    }
    this.#length = i === text.length ? at : this.#length + to.write(text, this.#length, 'utf8');
  }

  /** Text that is the same in many places. */
  constant(text: Constant): void {
    this.#room(text.byteLength + COPY_SLACK);
    const length = text.byteLength - COPY_SLACK;
    copyBytes(this.#view, this.#length, text, 0, length);
    this.#length += length;
  }

  /** A whole number, not negative. */
  number(value: number): void {
    if (value >= 1e9) {
      this.text(String(value));
      return;
    }
    this.#room(MOST_DIGITS);
    this.#length = putDigits(this.#view, this.#length, value);
  }

  /** Text of one byte, below U+0080. */
  byte(code: number): void {
    const to = this.#room(1);
    to[this.#length++] = code;
  }

  /**
   * Pairs of whole numbers below 10^9, not negative, as JSON.stringify writes them.
   *
   * numbers  first and second of each pair in turn
   */
  pairs(numbers: Int32Array, count: number): void {
    const to = this.#room(24 * count + MOST_DIGITS);
    const view = this.#view;
    let at = this.#length;
    to[at++] = OPEN;
    for (let i = 0; i < count; i++) {
      if (i > 0) to[at++] = COMMA;
      to[at++] = OPEN;
      at = putDigits(view, at, numbers[2 * i] as number);
      to[at++] = COMMA;
      at = putDigits(view, at, numbers[2 * i + 1] as number);
      to[at++] = CLOSE;
    }
    to[at++] = CLOSE;
    this.#length = at;
  }

  /** Text that was escaped before, the first `length` bytes of it, between quotes. */
  escaped(json: Uint8Array, length: number): void {
    const to = this.#room(length + 2);
    to[this.#length] = QUOTE;
    to.set(json.subarray(0, length), this.#length + 1);
    this.#length += length + 2;
    to[this.#length - 1] = QUOTE;
  }

  /** Text as JSON.stringify writes it, quotes included. */
  json(text: string): void {
    if (text.length <= SHORT && this.#shortJson(text)) return;
    if (Buffer.byteLength(text) !== text.length) {
      this.text(JSON.stringify(text));
      return;
    }
    // The text behind the room that it takes at most with each byte escaped: it is read there and written before.
    const { length } = text;
    const to = this.#room(3 * length + 2);
    const from = this.#length + 2 * length + 2;
    to.write(text, from, 'latin1');
    let at = this.#length;
    to[at++] = QUOTE;
    for (let i = from; i < from + length; i++) {
      const byte = to[i] as number;
      if (IS_PLAIN[byte] === 1) to[at++] = byte;
      else if (byte === NEWLINE) {
        to[at++] = BACKSLASH;
        to[at++] = LETTER_N;
      } else if (byte === QUOTE || byte === BACKSLASH) {
        to[at++] = BACKSLASH;
        to[at++] = byte;
      } else {
        this.text(JSON.stringify(text)); // a control character: from where it began
        return;
      }
    }
    to[at++] = QUOTE;
    this.#length = at;
  }

  /** Whether it did: not when something has to be escaped, or is not ASCII. */
  #shortJson(text: string): boolean {
    const to = this.#room(text.length + 2);
    let at = this.#length;
    to[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f || IS_PLAIN[unit] === 0) return false;
      to[at++] = unit;
    }
    to[at++] = QUOTE;
    this.#length = at;
    return true;
  }

  /** The bytes, with room for so many more. */
  #room(more: number): Buffer {
    if (this.#length + more > this.#bytes.length) {
      this.#bytes = withRoom(this.#bytes, this.#length, more);
      this.#view = viewOf(this.#bytes);
    }
    return this.#bytes;
  }
}

/** Bytes of a text, with room behind them for copyBytes(). */
export type Constant = DataView;

export function constant(text: string): Constant {
  const bytes = Buffer.from(text);
  const room = new Uint8Array(bytes.length + COPY_SLACK);
  room.set(bytes);
  return new DataView(room.buffer);
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** What JSON.stringify puts in the place of a byte; undefined: the byte stays. Bytes from 0x80 on are parts of characters, which stay. */
const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  if (IS_PLAIN[byte] === 1 || byte >= 0x80) return undefined;
  return Uint8Array.from(Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)));
});

/** Bytes that one byte becomes at most. */
export const LONGEST_ESCAPE = 6;

/** Writes UTF-8 bytes as they stand in JSON between quotes, LONGEST_ESCAPE for each at most; where the next byte belongs. */
export function putEscaped(to: Uint8Array, at: number, from: Uint8Array, begin: number, end: number): number {
  let next = at;
  for (let i = begin; i < end; i++) {
    const byte = from[i] as number;
    const escaped = IS_PLAIN[byte] === 1 ? undefined : ESCAPED[byte];
    if (escaped === undefined) to[next++] = byte;
    else for (let j = 0; j < escaped.length; j++) to[next++] = escaped[j] as number;
  }
  return next;
}

/** Bytes behind a place that copyBytes() may read and write beyond what it copies. */
export const COPY_SLACK = 3;

/** Copies bytes, four at a time: a third of the time of one by one, and for less than a hundred a half of that of a call. */
export function copyBytes(to: DataView, at: number, from: DataView, begin: number, length: number): void {
  for (let i = 0; i < length; i += 4) to.setUint32(at + i, from.getUint32(begin + i, true), true);
}

/** The bytes where they have room for so many more behind those that are written, else larger ones that begin alike. */
export function withRoom(bytes: Buffer<ArrayBuffer>, written: number, more: number): Buffer<ArrayBuffer> {
  if (written + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(2 * (written + more));
  bytes.copy(larger, 0, 0, written);
  return larger;
}

const MOST_DIGITS = 12; // bytes that putDigits() may write to, those behind the number among them
const FEW = 10_000; // numbers below it have four digits at most

/** Of each small number its digits, the first in the lowest byte. */
const DIGITS = Uint32Array.from({ length: FEW }, (_, value) => bytesOf(String(value)));

/** The same with leading zeros. */
const FOUR_DIGITS = Uint32Array.from({ length: FEW }, (_, value) => bytesOf(String(value).padStart(4, '0')));

function bytesOf(digits: string): number {
  return [...digits].reduce((bytes, digit, i) => bytes + (ZERO + Number(digit)) * 256 ** i, 0);
}

/** Writes a whole number below 10^9; where the next byte belongs. */
function putDigits(to: DataView, begin: number, value: number): number {
  if (value >= FEW) {
    const high = (value / FEW) | 0;
    const at = putDigits(to, begin, high);
    to.setUint32(at, FOUR_DIGITS[value - FEW * high] as number, true);
    return at + 4;
  }
  to.setUint32(begin, DIGITS[value] as number, true);
  return begin + (value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4);
}
