import { COPY_SLACK, copyBytes } from '../platform/byte-text.js';
import type { Sheet } from './sheet.js';

const FIRST_BYTES = 1 << 16;
const MOST_BYTES = 1 << 25; // of both forms
const FIRST_SNIPPETS = 1 << 8;

// What a snippet is, as numbers: text and JSON in the bytes, values among the values.
const [TEXT, LENGTH, JSON_TEXT, JSON_LENGTH, VALUES, VALUES_END, IS_ASCII] = [0, 1, 2, 3, 4, 5, 6] as const;
const NUMBERS = 8; // with one that is not used, so that a snippet's stand in one line of the processor's cache

/** Pieces of text that many prompts hold, as a sheet had them: bytes in both forms, and where values stand in them. */
export class Snippets {
  readonly #most: number;
  #bytes = new DataView(new ArrayBuffer(FIRST_BYTES));
  #end = 0;
  #numbers = new Int32Array(NUMBERS * FIRST_SNIPPETS);
  #count = 0;
  #values = new Int32Array(FIRST_SNIPPETS); // begin and end of each
  #valuesEnd = 0;

  /** Goes up when all are forgotten. */
  round = 0;

  /** most: bytes, beyond which all are made anew, so that the memory does not grow with the items */
  constructor(most: number = MOST_BYTES) {
    this.#most = most;
  }

  /** Keeps what stands on a sheet; its number. */
  add(sheet: Sheet): number {
    if (this.#end > this.#most) this.#forget();
    const { length, jsonLength } = sheet;
    const at = NUMBERS * this.#count;
    this.#numbers = withRoom(this.#numbers, at + NUMBERS);
    this.#numbers[at + TEXT] = this.#keep(sheet.bytes, length);
    this.#numbers[at + LENGTH] = length;
    this.#numbers[at + JSON_TEXT] = this.#keep(sheet.json, jsonLength);
    this.#numbers[at + JSON_LENGTH] = jsonLength;
    const { values, valueNumbers } = sheet;
    this.#values = withRoom(this.#values, this.#valuesEnd + valueNumbers);
    for (let i = 0; i < valueNumbers; i++) this.#values[this.#valuesEnd + i] = values[i] as number;
    this.#numbers[at + VALUES] = this.#valuesEnd;
    this.#valuesEnd += valueNumbers;
    this.#numbers[at + VALUES_END] = this.#valuesEnd;
    this.#numbers[at + IS_ASCII] = Number(sheet.isAscii);
    return this.#count++;
  }

  length(snippet: number): number {
    return this.#numbers[NUMBERS * snippet + LENGTH] as number;
  }

  jsonLength(snippet: number): number {
    return this.#numbers[NUMBERS * snippet + JSON_LENGTH] as number;
  }

  isAscii(snippet: number): boolean {
    return this.#numbers[NUMBERS * snippet + IS_ASCII] === 1;
  }

  /** Writes begin and end of each value to a place, counted from a byte that the snippet begins at. */
  putValues(snippet: number, to: Int32Array, at: number, from: number): void {
    const begin = this.#numbers[NUMBERS * snippet + VALUES] as number;
    const count = this.valueNumbers(snippet);
    for (let i = 0; i < count; i++) to[at + i] = from + (this.#values[begin + i] as number);
  }

  /** How many numbers putValues() writes. */
  valueNumbers(snippet: number): number {
    const at = NUMBERS * snippet;
    return (this.#numbers[at + VALUES_END] as number) - (this.#numbers[at + VALUES] as number);
  }

  /** Copies text to a place; up to three bytes behind it are written, too. */
  copyText(snippet: number, to: DataView, at: number): void {
    const numbers = this.#numbers;
    const first = NUMBERS * snippet;
    copyBytes(to, at, this.#bytes, numbers[first + TEXT] as number, numbers[first + LENGTH] as number);
  }

  /** The same of its JSON. */
  copyJson(snippet: number, to: DataView, at: number): void {
    const numbers = this.#numbers;
    const first = NUMBERS * snippet;
    copyBytes(to, at, this.#bytes, numbers[first + JSON_TEXT] as number, numbers[first + JSON_LENGTH] as number);
  }

  #keep(bytes: Uint8Array, length: number): number {
    const begin = this.#end;
    this.#end += length;
    if (this.#end + COPY_SLACK > this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * (this.#end + COPY_SLACK));
      larger.set(new Uint8Array(this.#bytes.buffer));
      this.#bytes = new DataView(larger.buffer);
    }
    new Uint8Array(this.#bytes.buffer).set(bytes.subarray(0, length), begin);
    return begin;
  }

  #forget(): void {
    this.#end = 0;
    this.#count = 0;
    this.#valuesEnd = 0;
    this.round += 1;
  }
}

function withRoom(numbers: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  if (size <= numbers.length) return numbers;
  const larger = new Int32Array(2 * size);
  larger.set(numbers);
  return larger;
}

/** Snippets of which each item has one, made when it is first asked for. */
export class ItemSnippets {
  readonly #snippets: Snippets;
  readonly #places: Int32Array; // number of each item's and 1; 0: not made
  readonly #make: (item: number) => Sheet;
  #round: number;

  /** make: puts what is printed of an item on a sheet */
  constructor(snippets: Snippets, items: number, make: (item: number) => Sheet) {
    this.#snippets = snippets;
    this.#places = new Int32Array(items);
    this.#make = make;
    this.#round = snippets.round;
  }

  of(item: number): number {
    if (this.#round !== this.#snippets.round) this.#forget();
    const known = this.#places[item] as number;
    return known > 0 ? known - 1 : this.#add(item);
  }

  #add(item: number): number {
    const number = this.#snippets.add(this.#make(item));
    if (this.#round !== this.#snippets.round) this.#forget();
    this.#places[item] = number + 1;
    return number;
  }

  #forget(): void {
    this.#places.fill(0);
    this.#round = this.#snippets.round;
  }
}
