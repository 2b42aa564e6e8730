import type { ByteRange } from '../core/instruction.js';

/** A list of history items in a template's context, and the position of each in the history, 0 the oldest. */
export interface HistoryList {
  readonly items: readonly object[];
  readonly positions: readonly number[];
}

const FIRST_BYTES = 1 << 14;
const LONG = 64; // bytes from which on copying by a call is faster than byte by byte
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
  readonly #values: number[] = []; // begin and end of each, in the order of the text
  readonly #history: number[] = []; // position, begin and end of each

  /** Begins a text. lists: those of the context that hold history items. */
  begin(lists: readonly HistoryList[] = NO_LISTS): void {
    this.#length = 0;
    this.#isAscii = true;
    this.#lists = lists;
    this.#values.length = 0;
    this.#history.length = 0;
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
    this.#values.push(begin, this.#length);
  }

  /** Where the items of a list stand in the history; undefined: it is no list of history items. */
  positionsOf(list: readonly object[]): readonly number[] | undefined {
    for (const { items, positions } of this.#lists) if (items === list) return positions;
    return undefined;
  }

  /** Says that what stands from `begin` to the end of the text goes when a history item is dropped: the item and the separator after it. */
  item(position: number, begin: number): void {
    this.#history.push(position, begin, this.#length);
  }

  /** Of each value that is not empty, in the order of the text. */
  values(): ByteRange[] {
    const places = this.#values;
    const ranges: ByteRange[] = [];
    for (let i = 0; i < places.length; i += 2) ranges.push([places[i] as number, places[i + 1] as number]);
    return ranges;
  }

  /** Of each history item that was printed its position and its range, oldest first. Of an item that was printed twice the later place. */
  history(): { shown: number[]; ranges: ByteRange[] } {
    const printed = this.#history;
    const byPosition: (ByteRange | undefined)[] = [];
    for (let i = 0; i < printed.length; i += 3) {
      const position = printed[i] as number;
      while (byPosition.length <= position) byPosition.push(undefined);
      byPosition[position] = [printed[i + 1] as number, printed[i + 2] as number];
    }
    const shown: number[] = [];
    const ranges: ByteRange[] = [];
    for (let position = 0; position < byPosition.length; position++) {
      const range = byPosition[position];
      if (range === undefined) continue;
      shown.push(position);
      ranges.push(range);
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
    if (this.#length + more <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafe(2 * (this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
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
