import { type LineReader, LONGEST } from '../lines.js';
import type { Cut } from '../table.js';

const [NUL, LF, CR, QUOTE] = [0x00, 0x0a, 0x0d, 0x22];
const [ORDINARY, HIGH, DELIMITER, ODD] = [0, 1, 2, 3]; // what a byte is in a line; ODD ones end it, or make it none that is plain

/**
 * Finds the fields of a line in its bytes where there is no doubt about them: as many as the file has, each without a quote or all
 * within two, no NUL, no escape, and no CR or LF but the line's end. What these fields then are is what rows.ts says of the line, too.
 */
export class PlainCut {
  /** Where the fields of the line that was cut last begin and end in the piece, quotes left out. */
  readonly begins: Int32Array;
  readonly ends: Int32Array;
  /** Whether the line that was cut last has a byte above 127. */
  isHigh = false;
  readonly #kinds: Uint8Array;
  readonly #delimiter: Uint8Array;
  readonly #newline: number;

  private constructor(width: number, kinds: Uint8Array, delimiter: Uint8Array, newline: number) {
    this.begins = new Int32Array(width);
    this.ends = new Int32Array(width);
    this.#kinds = kinds;
    this.#delimiter = delimiter;
    this.#newline = newline;
  }

  /** Undefined for a file that is cut in a way which is not known here. */
  static of({ width, delimiter, quote, escapeMark }: Cut, { layout }: LineReader): PlainCut | undefined {
    const { newline, decoding } = layout;
    const isAscii = [...delimiter].every((unit) => unit > '\0' && unit < '\x80');
    if (!isAscii || delimiter[0] === escapeMark || decoding === 'utf-16le' || decoding === 'utf-16be') return undefined;
    const kinds = new Uint8Array(256);
    if (decoding === 'utf-8') kinds.fill(HIGH, 0x80);
    for (const odd of [NUL, LF, CR, ...(quote === undefined ? [] : [QUOTE])]) kinds[odd] = ODD;
    if (escapeMark !== undefined) kinds[escapeMark.charCodeAt(0)] = ODD;
    const bytes = Buffer.from(delimiter);
    kinds[bytes[0] as number] = DELIMITER;
    return new PlainCut(width, kinds, bytes, newline);
  }

  /**
   * Cuts the line that begins at a place of the piece and ends in it.
   *
   * returns  where the next line begins; -1 when this one is not plain
   */
  cut(piece: Uint8Array, at: number): number {
    const kinds = this.#kinds;
    const further = this.#delimiter.length - 1;
    const last = this.begins.length - 1;
    let seen = 0;
    let position = at;
    for (let field = 0; field <= last; field++) {
      let kind = kinds[piece[position] as number] as number;
      if (kind === ODD && piece[position] === QUOTE) {
        this.begins[field] = ++position;
        while (piece[position] !== QUOTE) {
          kind = kinds[piece[position] as number] as number;
          if (kind === ODD) return -1;
          seen |= kind;
          position += 1;
        }
        this.ends[field] = position++;
        kind = kinds[piece[position] as number] as number;
        if (kind === DELIMITER && further > 0 && !this.#isDelimiter(piece, position)) return -1;
      } else {
        this.begins[field] = position;
        for (;;) {
          while (kind <= HIGH) {
            seen |= kind;
            position += 1;
            kind = kinds[piece[position] as number] as number;
          }
          if (kind !== DELIMITER || further === 0 || this.#isDelimiter(piece, position)) break;
          kind = ORDINARY;
        }
        this.ends[field] = position;
      }
      if (kind !== DELIMITER) return field === last ? this.#endOf(piece, at, position, seen) : -1;
      position += further + 1;
    }
    return -1;
  }

  #isDelimiter(piece: Uint8Array, at: number): boolean {
    return this.#delimiter.every((byte, i) => piece[at + i] === byte);
  }

  /** Where the next line begins, when this one ends at a place; -1 when it does not. */
  #endOf(piece: Uint8Array, begin: number, end: number, seen: number): number {
    const byte = piece[end];
    this.isHigh = (seen & HIGH) !== 0;
    let newline = end;
    if (byte === CR && this.#newline === LF && piece[end + 1] === LF) newline = end + 1;
    else if (byte !== this.#newline) return -1;
    return newline - begin > LONGEST ? -1 : newline + 1;
  }
}
