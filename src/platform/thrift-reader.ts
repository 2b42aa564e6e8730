/** A value of Thrift's compact protocol: numbers, bytes, lists, structs by field id. */
export type ThriftField = number | boolean | Uint8Array | ThriftField[] | ThriftFields;
export type ThriftFields = ReadonlyMap<number, ThriftField>;

const DEEPEST = 32; // structs and lists within each other

/**
 * Reads a struct of Thrift's compact protocol from any bytes, those that are no struct included.
 *
 * returns  the struct, and the place behind it
 * throws   RangeError for bytes that are none
 * source   https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export function readThrift(bytes: Uint8Array, at = 0): { fields: ThriftFields; end: number } {
  const reader = new ThriftReader(bytes, at);
  const fields = reader.struct(0);
  return { fields, end: reader.at };
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftFields {
    const fields = new Map<number, ThriftField>();
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      fields.set(id, this.#value(head & 15, depth + 1, false));
    }
  }

  #value(type: number, depth: number, isElement: boolean): ThriftField {
    if (depth > DEEPEST) throw new RangeError('nested too deep');
    if (type === 1 || type === 2) return isElement ? this.#byte() === 1 : type === 1;
    if (type === 3) return this.#byte();
    if (type === 4 || type === 5 || type === 6) return this.#zigzag();
    if (type === 8) {
      const length = this.#length();
      this.at += length;
      return this.#bytes.subarray(this.at - length, this.at);
    }
    if (type === 12) return this.struct(depth);
    if (type !== 9) throw new RangeError(`type ${type}`);
    const head = this.#byte();
    const length = head >> 4 === 15 ? this.#length() : head >> 4;
    return Array.from({ length }, () => this.#value(head & 15, depth + 1, true));
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new RangeError('bytes that end too early');
    return byte;
  }

  /** Of bytes or elements: an element has one byte at least, so there are no more than bytes left. */
  #length(): number {
    const length = this.#varint();
    if (length > this.#bytes.length - this.at) throw new RangeError('bytes that end too early');
    return length;
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 8; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError('a number of more than 53 bits');
  }
}
