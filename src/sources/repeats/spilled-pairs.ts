import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchFile } from '../../platform/scratch-file.js';
import { makeScratch, type Scratch } from '../../platform/scratch-folder.js';
import { FIELD, FIELDS, hashOfPair, type Keep, PairTable } from './pair-table.js';
import { type KeptRow, keptRow } from './repeats.js';

const PARTS = 64; // of the pairs, by their hash: a part of a hundred million is a hundred megabytes
const RANGE = 1 << 19; // lines of the log whose rows are put in order at once

const NOBODY = -1; // stands where a line has no row that stays

/**
 * More pairs than stand in memory. Records are dealt out to files by the hash of their pair, so that all of a pair are in one, in log order; file by file
 * they become one each, and these are dealt out by their line, to be put in order range by range.
 */
export class SpilledPairs {
  readonly #keep: Keep;
  readonly #scratch: Scratch;
  readonly #parts: ScratchFile[];
  readonly #ranges = new Map<number, ScratchFile>(); // by their first line, in ranges
  readonly #files: ScratchFile[] = []; // all of them
  readonly #texts: ScratchFile; // of attributes, in log order: line, length in bytes, JSON

  constructor(keep: Keep, inside = tmpdir()) {
    this.#keep = keep;
    this.#scratch = makeScratch(inside);
    this.#parts = Array.from({ length: PARTS }, (_, part) => this.#file(`part-${part}`));
    this.#texts = this.#file('attributes');
  }

  /** A record behind all of its pair that were added before; lines of those with attributes grow. */
  add(record: Float64Array, attributes: string | null): void {
    const part = hashOfPair(record[FIELD.user] as number, record[FIELD.item] as number) >>> 26;
    this.#parts[part]?.write(bytesOf(record));
    if (attributes === null) return;
    const text = Buffer.from(attributes);
    this.#texts.write(bytesOf(Float64Array.of(record[FIELD.line] as number, text.length)));
    this.#texts.write(text);
  }

  /** One row of each pair, in log order. */
  *kept(): Generator<KeptRow, void> {
    for (const part of this.#parts) {
      const pairs = new PairTable();
      for (const record of recordsOf(part)) pairs.put(record, this.#keep);
      for (let number = 0; number < pairs.size; number++) this.#toRange(pairs.record(number));
    }
    const attributesOf = attributesByLine(this.#texts);
    const rows = new Float64Array(RANGE * FIELDS).fill(NOBODY); // each at its line
    for (const range of [...this.#ranges.keys()].sort((a, b) => a - b)) {
      for (const record of recordsOf(this.#ranges.get(range) as ScratchFile)) {
        rows.set(record, ((record[FIELD.line] as number) - range * RANGE) * FIELDS);
      }
      for (let at = 0; at < rows.length; at += FIELDS) {
        if (rows[at] === NOBODY) continue;
        const line = rows[at + FIELD.line] as number;
        yield keptRow(rows.subarray(at, at + FIELDS), this.#keep, attributesOf(line));
        rows[at] = NOBODY;
      }
    }
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#scratch.close();
  }

  #toRange(record: Float64Array): void {
    const range = Math.floor((record[FIELD.line] as number) / RANGE);
    let file = this.#ranges.get(range);
    if (!file) {
      file = this.#file(`range-${range}`);
      this.#ranges.set(range, file);
    }
    file.write(bytesOf(record));
  }

  #file(name: string): ScratchFile {
    const file = new ScratchFile(join(this.#scratch.path, name));
    this.#files.push(file);
    return file;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The records of a file; each holds until the next one. */
function* recordsOf(file: ScratchFile): Generator<Float64Array, void> {
  const record = new Float64Array(FIELDS);
  const bytes = bytesOf(record);
  const read = taker(file);
  while (read(bytes)) yield record;
}

/** Finds the attributes of lines that are asked for in growing order. */
function attributesByLine(file: ScratchFile): (line: number) => string | null {
  const read = taker(file);
  const head = new Float64Array(2);
  let text = new Uint8Array();
  const next = (): boolean => {
    if (!read(bytesOf(head))) return false;
    text = new Uint8Array(head[1] as number);
    return read(text);
  };
  let isThere = next();
  return (line) => {
    while (isThere && (head[0] as number) < line) isThere = next();
    return isThere && head[0] === line ? Buffer.from(text).toString() : null;
  };
}

/** Fills arrays with what a file holds, one after the other; false at its end. */
function taker(file: ScratchFile): (into: Uint8Array) => boolean {
  const pieces = file.read();
  let piece: Uint8Array = new Uint8Array();
  let at = 0;
  return (into) => {
    for (let filled = 0; filled < into.length; ) {
      if (at === piece.length) {
        const next = pieces.next();
        if (next.done) return false;
        piece = next.value;
        at = 0;
      }
      const some = piece.subarray(at, at + into.length - filled);
      into.set(some, filled);
      filled += some.length;
      at += some.length;
    }
    return true;
  };
}
