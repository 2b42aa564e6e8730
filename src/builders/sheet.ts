import type { ByteRange } from '../core/instruction.js';
import { withRoom } from '../platform/byte-text.js';

/** A list of history items in a template's context, and the position of each in the history, 0 the oldest. */
export interface HistoryList {
  readonly items: readonly object[];
  readonly positions: readonly number[];
}

const FIRST_BYTES = 1 << 14;
const LONG = 64; // bytes from which on copying by a call is faster than byte by byte
const NONE = -1;
const NO_LISTS: readonly HistoryList[] = [];

/**
 * The text of one example in the making, as UTF-8 bytes, and where in it inserted values and history items stand. A template's own text
 * and values are put down apart, so that no title, whatever its characters, can be taken for anything but a title. A sheet is used
 * again for the next text: to make a string of pieces takes longer than to write them to bytes that are there.
 */
export class Sheet {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #isAscii = true;
  #lists = NO_LISTS;
  #values: Int32Array = new Int32Array(64); // begin and end of each, in the order of the text
  #valueCount = 0;
  #history: Int32Array = new Int32Array(64).fill(NONE); // begin and end of each history item, by its position
  #historyEnd = 0; // behind the latest position that was printed

  /** Begins a text. lists: those of the context that hold history items. */
  begin(lists: readonly HistoryList[] = NO_LISTS): void {
    this.#length = 0;
    this.#isAscii = true;
    this.#lists = lists;
    this.#valueCount = 0;
    this.#history.fill(NONE, 0, 2 * this.#historyEnd);
    this.#historyEnd = 0;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The whole text. */
  text(): string {
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#length);
  }

  /** What stands from one byte up to another. whole: the whole text, of which the answer may be a slice. */
  part(whole: string, begin: number, end: number): string {
    return this.#isAscii ? whole.slice(begin, end) : this.#bytes.toString('utf8', begin, end);
  }

  /** Puts down text of the template. */
  literal(text: Literal): void {
    const { bytes } = text;
    const to = this.#room(bytes.length);
    if (bytes.length >= LONG) to.set(bytes, this.#length);
    else for (let i = 0; i < bytes.length; i++) to[this.#length + i] = bytes[i] as number;
    this.#length += bytes.length;
    this.#isAscii &&= text.isAscii;
  }

  /** Puts down a value. An empty one has no range. */
  value(text: string): void {
    if (text === '') return;
    const begin = this.#length;
    this.#put(text);
    const at = 2 * this.#valueCount++;
    if (at === this.#values.length) this.#values = twice(this.#values);
    this.#values[at] = begin;
    this.#values[at + 1] = this.#length;
  }

  /** Where the items of a list stand in the history; undefined: it is no list of history items. */
  positionsOf(list: readonly object[]): readonly number[] | undefined {
    for (const { items, positions } of this.#lists) if (items === list) return positions;
    return undefined;
  }

  /** Says that what stands from `begin` to the end of the text goes when a history item is dropped: the item and the separator after it. */
  item(position: number, begin: number): void {
    const at = 2 * position;
    while (at >= this.#history.length) this.#history = twice(this.#history);
    this.#history[at] = begin;
    this.#history[at + 1] = this.#length;
    if (position >= this.#historyEnd) this.#historyEnd = position + 1;
  }

  /** Of each value that is not empty, in the order of the text. */
  values(): ByteRange[] {
    const ranges = new Array<ByteRange>(this.#valueCount);
    for (let i = 0; i < ranges.length; i++) {
      ranges[i] = [this.#values[2 * i] as number, this.#values[2 * i + 1] as number];
    }
    return ranges;
  }

  /** Of each history item that was printed its position and its range, oldest first. Of an item that was printed twice the later place. */
  history(): { shown: number[]; ranges: ByteRange[] } {
    let printed = 0;
    for (let position = 0; position < this.#historyEnd; position++) {
      if (this.#history[2 * position] !== NONE) printed += 1;
    }
    const shown = new Array<number>(printed);
    const ranges = new Array<ByteRange>(printed);
    let next = 0;
    for (let position = 0; position < this.#historyEnd; position++) {
      const begin = this.#history[2 * position] as number;
      if (begin === NONE) continue;
      shown[next] = position;
      ranges[next++] = [begin, this.#history[2 * position + 1] as number];
    }
    return { shown, ranges };
  }

  #put(text: string): void {
    const to = this.#room(3 * text.length);
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#isAscii = false;
        this.#length += to.write(text, this.#length, 'utf8');
        return;
      }
      to[at++] = unit;
    }
    this.#length = at;
  }

  /** The bytes, with room for so many more. */
  #room(more: number): Buffer {
    this.#bytes = withRoom(this.#bytes, this.#length, more);
    return this.#bytes;
  }
}

function twice(places: Int32Array): Int32Array {
  const larger = new Int32Array(2 * places.length).fill(NONE);
  larger.set(places);
  return larger;
}

/** Text that is the same in every example. */
export interface Literal {
  readonly bytes: Uint8Array;
  readonly isAscii: boolean;
}

export function literal(text: string): Literal {
  const bytes = Uint8Array.from(Buffer.from(text));
  return { bytes, isAscii: bytes.length === text.length };
}

const ASIDE = new Sheet();

/** What a render puts down on a sheet of its own. It may not ask for another one meanwhile. */
export function textOf(render: (sheet: Sheet) => void): string {
  ASIDE.begin();
  render(ASIDE);
  return ASIDE.text();
}
