import type { ByteRange } from '../core/instruction.js';

// Private-use characters that stand around a number in marked text. A template may not hold them, and values never stand in
// marked text themselves: only their number does. So no title, whatever its characters, can be taken for a mark.
const VALUE = '\ue000';
const OPEN = '\ue001';
const CLOSE = '\ue002';
const MARK = /([\ue000-\ue002])(\d+)\1/g;
const RESERVED = /[\ue000-\ue002]/;

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
    history.forEach((item, position) => {
      this.#positions.set(item, position);
    });
  }

  /** The mark that stands for a value. */
  value(text: string): string {
    this.#values.push(text);
    return `${VALUE}${this.#values.length - 1}${VALUE}`;
  }

  /** Marks what goes when the item is dropped: the item and the separator after it. */
  item(item: object, text: string): string {
    const position = this.#positions.get(item);
    return position === undefined ? text : `${OPEN}${position}${OPEN}${text}${CLOSE}${position}${CLOSE}`;
  }

  unmark(marked: string): Unmarked {
    const pieces: string[] = [];
    const values: ByteRange[] = [];
    const history = new Map<number, ByteRange>();
    const opened = new Map<number, number>();
    let bytes = 0;
    let read = 0;
    const add = (text: string): void => {
      pieces.push(text);
      bytes += Buffer.byteLength(text);
    };
    for (const mark of marked.matchAll(MARK)) {
      add(marked.slice(read, mark.index));
      read = mark.index + mark[0].length;
      const number = Number(mark[2]);
      if (mark[1] === OPEN) opened.set(number, bytes);
      else if (mark[1] === CLOSE) history.set(number, [opened.get(number) ?? bytes, bytes]);
      else {
        const begin = bytes;
        add(this.#values[number] ?? '');
        if (bytes > begin) values.push([begin, bytes]);
      }
    }
    add(marked.slice(read));
    return { text: pieces.join(''), values, history };
  }
}
