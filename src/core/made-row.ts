import { type Fingerprint, fingerprint, fingerprintOfAscii } from './fingerprint.js';
import type { ByteRange, Instruction, Split } from './instruction.js';

/** In the place of a label: there is none. */
export const NO_LABEL = 2; // beside 0 and 1

/** A text as UTF-8 bytes, in memory that is used again for the next one. */
export interface ByteForms {
  readonly bytes: Buffer; // the first `length` of them
  readonly words: Uint32Array; // the same memory, four bytes at a time
  readonly view: DataView; // the same
  readonly length: number;
  readonly isAscii: boolean;
  readonly json: Uint8Array; // as JSON.stringify writes the text, without the quotes around it; the first `jsonLength` bytes
  readonly jsonLength: number;
}

/** Where in a prompt a part of it stands. text: of a part that the prompt does not hold; undefined: it stands there. */
export interface MadePart {
  begin: number;
  end: number;
  text: string | undefined;
}

const FIRST_BYTES = 1 << 12;
const FIRST_RANGES = 64;

/**
 * An instruction on its way from where it is made through the proof to the sealed files and the store: text as bytes, ranges and histories
 * as columns of numbers. One is used again for all rows of a version, so what it says holds until the next row is made; who wants to keep a row
 * asks for instruction(). Names and meanings are those of Instruction.
 */
export class MadeRow {
  row = 0;
  split: Split = 'train';
  parentRow: number | undefined;
  userId = '';
  itemId = '';
  itemNumber: number | undefined; // one and the same for each item of a version, where whoever makes the rows knows one
  label: boolean | null = null;
  choices: readonly string[] | null = null;
  scored: Instruction['scored'] = null;
  candidates: readonly string[] | null = null;
  templateId = '';
  templateVersion = 0;
  answer = '';
  target = 0;

  bytes = Buffer.from(new ArrayBuffer(FIRST_BYTES));
  words = new Uint32Array(this.bytes.buffer);
  view: DataView = new DataView(this.bytes.buffer);
  length = 0; // bytes of the prompt
  isAscii = true;
  json: Uint8Array = this.bytes;
  jsonLength = -1; // -1: not made
  values = new Int32Array(FIRST_RANGES); // begin and end of each
  valueCount = 0;
  history = new Int32Array(FIRST_RANGES); // begin and end of each
  historyCount = 0;
  lines = new Uint32Array(FIRST_RANGES); // of the log, of the history
  lineCount = 0;
  labels = new Uint8Array(FIRST_RANGES); // of the history: 0, 1 or NO_LABEL
  labelCount = 0;
  readonly parts: readonly [instruction: MadePart, input: MadePart] = [
    { begin: 0, end: 0, text: '' },
    { begin: 0, end: 0, text: '' },
  ];

  #own = this.bytes; // for rows that come as instructions
  #prompt: string | undefined;
  readonly #print = { low: 0, high: 0 };
  #isPrinted = false;

  /** Takes a prompt without copying it. */
  takeText({ bytes, words, view, length, isAscii, json, jsonLength }: ByteForms): void {
    this.bytes = bytes as Buffer<ArrayBuffer>;
    this.words = words as Uint32Array<ArrayBuffer>;
    this.view = view;
    this.length = length;
    this.isAscii = isAscii;
    this.json = json;
    this.jsonLength = jsonLength;
    this.#prompt = undefined;
    this.#isPrinted = false;
  }

  /** Has room for the lines and labels of so many history items. */
  makeRoom(items: number): void {
    if (items > this.lines.length) this.lines = new Uint32Array(2 * items);
    if (items > this.labels.length) this.labels = new Uint8Array(2 * items);
    if (2 * items > this.history.length) this.history = new Int32Array(4 * items);
  }

  prompt(): string {
    this.#prompt ??= this.bytes.toString(this.isAscii ? 'latin1' : 'utf8', 0, this.length);
    return this.#prompt;
  }

  /** The prompt from one byte up to another, or to the end. */
  part(begin: number, end: number = this.length): string {
    return this.isAscii
      ? this.prompt().slice(begin, end)
      : this.bytes.toString('utf8', begin, Math.min(end, this.length));
  }

  /** Whether a text stands at a place of the prompt, and ends before another. */
  holdsAt(text: DataView, begin: number, end: number): boolean {
    const { view } = this;
    const length = text.byteLength;
    if (begin + length > end) return false;
    let i = 0;
    for (; i + 4 <= length; i += 4) if (view.getUint32(begin + i) !== text.getUint32(i)) return false;
    for (; i < length; i++) if (view.getUint8(begin + i) !== text.getUint8(i)) return false;
    return true;
  }

  /** Whether a byte of the prompt stands inside a character. */
  isMiddle(place: number): boolean {
    return !this.isAscii && place < this.length && ((this.bytes[place] as number) & 0xc0) === 0x80;
  }

  /** Of the prompt; holds until the next row. */
  fingerprint(): Fingerprint {
    if (!this.#isPrinted) {
      const { low, high } = this.isAscii
        ? fingerprintOfAscii(this.words, this.bytes, this.length)
        : fingerprint(this.prompt());
      this.#print.low = low;
      this.#print.high = high;
      this.#isPrinted = true;
    }
    return this.#print;
  }

  /** Takes what an instruction says. */
  set(one: Instruction): this {
    this.row = one.row;
    this.split = one.split;
    this.parentRow = one.parentRow;
    this.userId = one.userId;
    this.itemId = one.itemId;
    this.itemNumber = undefined;
    this.label = one.label;
    this.choices = one.choices;
    this.scored = one.scored;
    this.candidates = one.candidates;
    this.templateId = one.templateId;
    this.templateVersion = one.templateVersion;
    this.answer = one.answer;
    this.target = one.target;
    this.#setPrompt(one.prompt);
    this.values = flat(one.values, this.values);
    this.valueCount = one.values.length;
    this.history = flat(one.history, this.history);
    this.historyCount = one.history.length;
    const { historyInteractions: lines, historyLabels: labels } = one;
    this.makeRoom(Math.max(lines.length, labels.length));
    this.lines.set(lines);
    this.lineCount = lines.length;
    for (let i = 0; i < labels.length; i++) this.labels[i] = numberOf(labels[i] ?? null);
    this.labelCount = labels.length;
    setPart(this.parts[0], one.instruction);
    setPart(this.parts[1], one.input);
    return this;
  }

  /** The row as an object of its own. */
  instruction(): Instruction {
    return {
      row: this.row,
      split: this.split,
      ...(this.parentRow === undefined ? {} : { parentRow: this.parentRow }),
      userId: this.userId,
      itemId: this.itemId,
      label: this.label,
      choices: this.choices && [...this.choices],
      scored: this.scored,
      candidates: this.candidates && [...this.candidates],
      templateId: this.templateId,
      templateVersion: this.templateVersion,
      instruction: this.#partText(0),
      input: this.#partText(1),
      answer: this.answer,
      prompt: this.prompt(),
      values: pairs(this.values, this.valueCount),
      history: pairs(this.history, this.historyCount),
      historyLabels: Array.from(this.labels.subarray(0, this.labelCount), (label) =>
        label === NO_LABEL ? null : label === 1,
      ),
      target: this.target,
      historyInteractions: [...this.lines.subarray(0, this.lineCount)],
    };
  }

  #partText(which: 0 | 1): string {
    const { begin, end, text } = this.parts[which];
    return text ?? this.part(begin, end);
  }

  #setPrompt(prompt: string): void {
    if (3 * prompt.length > this.#own.length) {
      this.#own = Buffer.from(new ArrayBuffer(16 * Math.ceil((3 * prompt.length) / 8)));
    }
    this.bytes = this.#own;
    if (this.words.buffer !== this.bytes.buffer) {
      this.words = new Uint32Array(this.bytes.buffer);
      this.view = new DataView(this.bytes.buffer);
    }
    this.length = this.bytes.write(prompt, 0, 'utf8');
    this.isAscii = this.length === prompt.length;
    this.jsonLength = -1;
    this.#prompt = prompt;
    this.#isPrinted = false;
  }
}

/** Rows that come as objects, one after the other in the same place. */
export function* madeRows(instructions: Iterable<Instruction>): Generator<MadeRow, void> {
  const row = new MadeRow();
  for (const one of instructions) yield row.set(one);
}

/** The other way round: rows as objects that stay. */
export function* instructionsOf(rows: Iterable<MadeRow>): Generator<Instruction, void> {
  for (const row of rows) yield row.instruction();
}

function numberOf(label: boolean | null): number {
  return label === null ? NO_LABEL : Number(label);
}

function setPart(part: MadePart, text: string): void {
  part.begin = -1;
  part.end = -1;
  part.text = text;
}

function flat(ranges: readonly ByteRange[], room: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const numbers = 2 * ranges.length > room.length ? new Int32Array(4 * ranges.length) : room;
  for (let i = 0; i < ranges.length; i++) {
    const [begin, end] = ranges[i] as ByteRange;
    numbers[2 * i] = begin;
    numbers[2 * i + 1] = end;
  }
  return numbers;
}

function pairs(numbers: Int32Array, count: number): ByteRange[] {
  return Array.from({ length: count }, (_, i) => [numbers[2 * i] as number, numbers[2 * i + 1] as number]);
}
