import type { ByteRange } from '../core/instruction.js';
import type { ByteForms, MadeRow } from '../core/made-row.js';
import { COPY_SLACK, IS_PLAIN, LONGEST_ESCAPE, putEscaped, viewOf, withRoom } from '../platform/byte-text.js';
import type { Snippets } from './snippets.js';

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
export class Sheet implements ByteForms {
  #bytes = Buffer.from(new ArrayBuffer(FIRST_BYTES));
  #length = 0;
  #words = new Uint32Array(this.#bytes.buffer);
  #json = Buffer.allocUnsafe(FIRST_BYTES); // the same as JSON has it between quotes
  #jsonLength = 0;
  #view = viewOf(this.#bytes);
  #jsonView = viewOf(this.#json);
  #isAscii = true;
  #lists = NO_LISTS;
  #values = new Int32Array(64); // begin and end of each, in the order of the text
  #valueCount = 0;
  #history = new Int32Array(64).fill(NONE); // begin and end of each history item, by its position
  #historyEnd = 0; // behind the latest position that was printed

  /** Begins a text. lists: those of the context that hold history items. */
  begin(lists: readonly HistoryList[] = NO_LISTS): void {
    this.#length = 0;
    this.#jsonLength = 0;
    this.#isAscii = true;
    this.#lists = lists;
    this.#valueCount = 0;
    this.#history.fill(NONE, 0, 2 * this.#historyEnd);
    this.#historyEnd = 0;
  }

  /** Goes back to where it was at a mark, which holds until text before it is put down anew. */
  rewind({ length, jsonLength, isAscii, valueCount }: Mark): void {
    this.#length = length;
    this.#jsonLength = jsonLength;
    this.#isAscii = isAscii;
    this.#valueCount = valueCount;
    this.#history.fill(NONE, 0, 2 * this.#historyEnd);
    this.#historyEnd = 0;
  }

  /** Where it is; no history item may stand before. */
  mark(): Mark {
    return {
      length: this.#length,
      jsonLength: this.#jsonLength,
      isAscii: this.#isAscii,
      valueCount: this.#valueCount,
    };
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The whole text. */
  text(): string {
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#length);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get words(): Uint32Array {
    if (this.#words.buffer !== this.#bytes.buffer)
      this.#words = new Uint32Array(this.#bytes.buffer, 0, this.#bytes.length >>> 2);
    return this.#words;
  }

  get view(): DataView {
    return this.#view;
  }

  get isAscii(): boolean {
    return this.#isAscii;
  }

  get json(): Uint8Array {
    return this.#json;
  }

  get jsonLength(): number {
    return this.#jsonLength;
  }

  /** Gives a row the text, its values and its history; which items of the history were printed is told by `shown`, as history() has it. */
  giveTo(row: MadeRow, shown: number[]): void {
    row.takeText(this);
    row.values = this.#values;
    row.valueCount = this.#valueCount;
    row.makeRoom(this.#historyEnd);
    let printed = 0;
    for (let position = 0; position < this.#historyEnd; position++) {
      const begin = this.#history[2 * position] as number;
      if (begin === NONE) continue;
      row.history[2 * printed] = begin;
      row.history[2 * printed + 1] = this.#history[2 * position + 1] as number;
      shown[printed++] = position;
    }
    row.historyCount = printed;
    shown.length = printed;
  }

  /** What stands from one byte up to another. whole: the whole text, of which the answer may be a slice. */
  part(whole: string, begin: number, end: number): string {
    return this.#isAscii ? whole.slice(begin, end) : this.#bytes.toString('utf8', begin, end);
  }

  /** Puts down text of the template. */
  literal(text: Literal): void {
    this.#length = put(this.#room(text.bytes.length), this.#length, text.bytes);
    this.#isAscii &&= text.isAscii;
    this.#jsonLength = put(this.#jsonRoom(text.json.length), this.#jsonLength, text.json);
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

  /** Puts down text that was put together before, with its values. */
  snippet(snippets: Snippets, which: number): void {
    const begin = this.#length;
    const [length, jsonLength] = [snippets.length(which), snippets.jsonLength(which)];
    this.#room(length + COPY_SLACK);
    snippets.copyText(which, this.#view, begin);
    this.#length = begin + length;
    this.#jsonRoom(jsonLength + COPY_SLACK);
    snippets.copyJson(which, this.#jsonView, this.#jsonLength);
    this.#jsonLength += jsonLength;
    this.#isAscii &&= snippets.isAscii(which);
    const numbers = snippets.valueNumbers(which);
    if (numbers === 0) return;
    const at = 2 * this.#valueCount;
    while (at + numbers > this.#values.length) this.#values = twice(this.#values);
    snippets.putValues(which, this.#values, at, begin);
    this.#valueCount += numbers >>> 1;
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

  /** Begin and end of each value in the order of the text; the first `valueNumbers` of them. */
  get values(): Int32Array {
    return this.#values;
  }

  get valueNumbers(): number {
    return 2 * this.#valueCount;
  }

  /** Of each value that is not empty, in the order of the text. */
  valueRanges(): ByteRange[] {
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
    const json = this.#jsonRoom(3 * LONGEST_ESCAPE * text.length);
    const begin = this.#length;
    const jsonBegin = this.#jsonLength;
    let i = 0;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80 || IS_PLAIN[unit] === 0) break;
      to[begin + i] = unit;
      json[jsonBegin + i] = unit;
    }
    this.#length += i;
    this.#jsonLength += i;
    if (i === text.length) return;
    const rest = text.slice(i);
    const written = to.write(rest, this.#length, 'utf8');
    if (written !== rest.length) this.#isAscii = false;
    this.#jsonLength = putEscaped(json, this.#jsonLength, to, this.#length, this.#length + written);
    this.#length += written;
  }

  /** The bytes, with room for so many more. */
  #room(more: number): Buffer {
    if (this.#length + more > this.#bytes.length) {
      this.#bytes = withRoom(this.#bytes, this.#length, more); // memory of its own, so that words can be read off it
      this.#view = viewOf(this.#bytes);
    }
    return this.#bytes;
  }

  #jsonRoom(more: number): Buffer {
    if (this.#jsonLength + more > this.#json.length) {
      this.#json = withRoom(this.#json, this.#jsonLength, more);
      this.#jsonView = viewOf(this.#json);
    }
    return this.#json;
  }
}

function twice(places: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * places.length).fill(NONE);
  larger.set(places);
  return larger;
}

/** Copies bytes to a place; where the next byte belongs. */
function put(to: Uint8Array, at: number, bytes: Uint8Array): number {
  if (bytes.length >= LONG) to.set(bytes, at);
  else for (let i = 0; i < bytes.length; i++) to[at + i] = bytes[i] as number;
  return at + bytes.length;
}

/** A place in a text in the making. */
interface Mark {
  readonly length: number;
  readonly jsonLength: number;
  readonly isAscii: boolean;
  readonly valueCount: number;
}

/** Text that is the same in every example. */
export interface Literal {
  readonly bytes: Uint8Array;
  readonly json: Uint8Array; // as JSON has it between quotes
  readonly isAscii: boolean;
}

export function literal(text: string): Literal {
  const bytes = Uint8Array.from(Buffer.from(text));
  const room = new Uint8Array(LONGEST_ESCAPE * bytes.length);
  const json = room.slice(0, putEscaped(room, 0, bytes, 0, bytes.length));
  return { bytes, json, isAscii: bytes.length === text.length };
}

const ASIDE = new Sheet();

/** What a render puts down on a sheet of its own. It may not ask for another one meanwhile. */
export function textOf(render: (sheet: Sheet) => void): string {
  ASIDE.begin();
  render(ASIDE);
  return ASIDE.text();
}
