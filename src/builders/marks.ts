import type { ByteRange } from '../core/instruction.js';

// Control characters, each before a number of three digits, in marked text. A template may not hold them, and values never stand in
// marked text themselves: only their number does. So no title, whatever its characters, can be taken for a mark. All of them are
// Latin-1, because a text with one wider character takes twice the room and the time.
const VALUE = 1;
const OPEN = 2;
const CLOSE = 3;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const RESERVED = /[\u0001-\u0003]/;
const DIGIT = 128; // digits of this base stand as the characters U+0080 to U+00FF
const MOST = DIGIT ** 3;

/** Whether text holds a character that marks are made of. */
export function holdsMarks(text: string): boolean {
  return RESERVED.test(text);
}

/** Text as rendered, without marks, and where in its UTF-8 bytes inserted values and history items stand. */
export interface Unmarked {
  readonly text: string;
  readonly values: ByteRange[]; // in the order of the text; empty values have none
  readonly history: Map<number, ByteRange>; // by position of the item, 0 the oldest; only the items that were printed
}

/**
 * Remembers what one example's rendering inserts. Helpers put marks into the text instead of the values;
 * when the text is complete, `unmark` puts the values in and counts the bytes.
 */
export class Marks {
  readonly #values: string[] = [];
  readonly #positions = new Map<object, number>();

  /** history  the objects that stand for the history items in the template's context, oldest first */
  constructor(history: readonly object[]) {
    for (let position = 0; position < history.length; position++) {
      this.#positions.set(history[position] as object, position);
    }
  }

  /** The mark that stands for a value. */
  value(text: string): string {
    return mark(VALUE, this.#values.push(text) - 1);
  }

  /** Marks what goes when the item is dropped: the item and the separator after it. */
  item(item: object, text: string): string {
    const position = this.#positions.get(item);
    return position === undefined ? text : mark(OPEN, position) + text + mark(CLOSE, position);
  }

  unmark(marked: string): Unmarked {
    const values: ByteRange[] = [];
    const history = new Map<number, ByteRange>();
    const text = this.#fill(marked, (kind, number, begin, end) => {
      if (kind === VALUE) {
        if (end > begin) values.push([begin, end]);
      } else if (kind === OPEN) history.set(number, [begin, begin]);
      else {
        const range = history.get(number);
        if (range) range[1] = begin;
      }
    });
    toBytes(text, values, history);
    return { text, values, history };
  }

  /** The text alone. */
  plain(marked: string): string {
    return this.#fill(marked, () => {});
  }

  /** see: each mark in the order of the text, and where in the filled text its value begins and ends. */
  #fill(marked: string, see: (kind: number, number: number, begin: number, end: number) => void): string {
    let text = '';
    let read = 0;
    for (let at = 0; at < marked.length; at++) {
      const kind = marked.charCodeAt(at);
      if (kind > CLOSE || kind < VALUE) continue;
      text += marked.slice(read, at);
      const number =
        ((marked.charCodeAt(at + 1) - DIGIT) * DIGIT + marked.charCodeAt(at + 2) - DIGIT) * DIGIT +
        marked.charCodeAt(at + 3) -
        DIGIT;
      const begin = text.length;
      if (kind === VALUE) text += this.#values[number] ?? '';
      see(kind, number, begin, text.length);
      at += 3;
      read = at + 1;
    }
    return text + marked.slice(read);
  }
}

function mark(kind: number, number: number): string {
  if (number >= MOST) throw new RangeError(`a row has more than ${MOST} values`);
  return String.fromCharCode(
    kind,
    DIGIT + Math.floor(number / (DIGIT * DIGIT)),
    DIGIT + (Math.floor(number / DIGIT) % DIGIT),
    DIGIT + (number % DIGIT),
  );
}

/** Turns places in a text, as JavaScript counts them, into places among its UTF-8 bytes. Ranges are mostly in the order of the text. */
function toBytes(text: string, values: readonly ByteRange[], history: ReadonlyMap<number, ByteRange>): void {
  if (Buffer.byteLength(text) === text.length) return;
  for (const ranges of [values, history.values()]) {
    let at = 0;
    let bytes = 0;
    const bytesBefore = (place: number): number => {
      if (place < at) [at, bytes] = [0, 0];
      bytes += Buffer.byteLength(text.slice(at, place));
      at = place;
      return bytes;
    };
    for (const range of ranges) {
      range[0] = bytesBefore(range[0]);
      range[1] = bytesBefore(range[1]);
    }
  }
}
