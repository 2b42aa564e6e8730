import { gunzipSync } from 'node:zlib';

// A reader of Parquet written from the format's definition alone (parquet.thrift, Encodings.md of apache/parquet-format): flat
// schemas, plain data pages of version 1, by gzip or not packed. It shares nothing with the writer and checks what it can.

type Field = number | string | boolean | Field[] | Fields;
interface Fields {
  [id: number]: Field;
}

class Compact {
  at: number;
  constructor(
    readonly bytes: Buffer,
    at = 0,
  ) {
    this.at = at;
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('behind the end');
    return byte;
  }

  varint(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  struct(): Fields {
    const fields: Fields = {};
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return fields;
      const step = head >> 4;
      id = step === 0 ? this.#zigzag() : id + step;
      fields[id] = this.#value(head & 15);
    }
  }

  #zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #value(type: number): Field {
    if (type === 1 || type === 2) return type === 1;
    if (type === 4 || type === 5 || type === 6) return this.#zigzag();
    if (type === 12) return this.struct();
    if (type === 8) {
      const length = this.varint();
      this.at += length;
      return this.bytes.toString('utf8', this.at - length, this.at);
    }
    if (type !== 9) throw new Error(`type ${type}`);
    const head = this.#byte();
    const length = head >> 4 === 15 ? this.varint() : head >> 4;
    return Array.from({ length }, () => this.#value(head & 15));
  }
}

/** Rows of a Parquet file, keys in the order of the columns. */
export function readParquet(bytes: Buffer): Record<string, unknown>[] {
  if (bytes.toString('latin1', 0, 4) !== 'PAR1' || bytes.toString('latin1', bytes.length - 4) !== 'PAR1')
    throw new Error('no Parquet file');
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  const reader = new Compact(bytes, footer);
  const meta = reader.struct();
  if (reader.at !== bytes.length - 8) throw new Error('the footer does not end where it should');
  const [root, ...fields] = meta[2] as Fields[];
  if (root?.[5] !== fields.length) throw new Error('children of the root');
  const rows: Record<string, unknown>[] = [];
  for (const group of meta[4] as Fields[]) {
    const count = group[3] as number;
    const made = Array.from({ length: count }, (): Record<string, unknown> => ({}));
    for (const [index, chunk] of (group[1] as Fields[]).entries()) {
      const field = fields[index] as Fields;
      const values = readChunk(bytes, chunk[3] as Fields, field, count);
      for (const [row, value] of values.entries()) (made[row] as Record<string, unknown>)[field[4] as string] = value;
    }
    rows.push(...made);
  }
  if (rows.length !== meta[3]) throw new Error('number of rows');
  return rows;
}

function readChunk(bytes: Buffer, facts: Fields, field: Fields, count: number): unknown[] {
  if ((facts[3] as string[]).join('.') !== field[4] || facts[1] !== field[1] || facts[5] !== count)
    throw new Error('a chunk that its schema does not know');
  const reader = new Compact(bytes, facts[9] as number);
  const head = reader.struct();
  const page = head[5] as Fields;
  const end = reader.at + (head[3] as number);
  if (end !== (facts[9] as number) + (facts[7] as number)) throw new Error('sizes that do not add up');
  const packed = bytes.subarray(reader.at, end);
  if (facts[4] !== 0 && facts[4] !== 2) throw new Error('another codec');
  const plain = facts[4] === 2 ? gunzipSync(packed) : packed;
  if (plain.length !== head[2] || page[1] !== count || page[2] !== 0)
    throw new Error('a page that is not what it says');
  if (plain.length + (reader.at - (facts[9] as number)) !== facts[6]) throw new Error('size before packing');
  let at = 0;
  let there: boolean[] = Array(count).fill(true);
  if (field[3] === 1) {
    const length = plain.readUInt32LE(0);
    there = definitions(plain.subarray(4, 4 + length), count);
    at = 4 + length;
  }
  let bit = 0;
  const values = there.map((isThere) => {
    if (!isThere) return null;
    if (field[1] === 6) {
      const begin = at + 4;
      at = begin + plain.readUInt32LE(at);
      return plain.toString('utf8', begin, at);
    }
    if (field[1] === 2) {
      at += 8;
      return Number(plain.readBigInt64LE(at - 8));
    }
    if (field[1] === 1) {
      at += 4;
      return plain.readInt32LE(at - 4);
    }
    if (field[1] === 5) {
      at += 8;
      return plain.readDoubleLE(at - 8);
    }
    const value = ((plain[at + (bit >> 3)] as number) >> (bit & 7)) & 1;
    bit += 1;
    return value === 1;
  });
  if (at + Math.ceil(bit / 8) !== plain.length) throw new Error('bytes that belong to nothing');
  return values;
}

/** The hybrid of runs and packed bits, one bit a value. */
function definitions(bytes: Buffer, count: number): boolean[] {
  const reader = new Compact(bytes);
  const levels: boolean[] = [];
  while (levels.length < count) {
    const head = reader.varint();
    if (head % 2 === 0) {
      const value = bytes[reader.at++] === 1;
      for (let i = 0; i < head / 2; i++) levels.push(value);
    } else {
      for (let i = 0; i < Math.floor(head / 2) * 8; i++)
        levels.push((((bytes[reader.at + (i >> 3)] as number) >> (i & 7)) & 1) === 1);
      reader.at += Math.floor(head / 2);
    }
  }
  return levels.slice(0, count);
}
