/**
 * Writes the part of Thrift's compact protocol that Parquet's metadata needs: structs, lists, whole numbers, texts.
 * A field is written only when its value is there; fields go up by id, which is what gives the short form of their headers.
 *
 * source  https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
const TYPE = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
type Type = keyof typeof TYPE;

/** A value and what it is on the wire. */
export type ThriftValue =
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'binary'; readonly value: string | Uint8Array }
  | { readonly type: 'struct'; readonly value: ThriftStruct }
  | { readonly type: 'list'; readonly of: Type; readonly value: readonly ThriftValue[] };

/** Field id to value, ids going up. */
export type ThriftStruct = readonly (readonly [id: number, value: ThriftValue])[];

export const i32 = (value: number): ThriftValue => ({ type: 'i32', value });
export const i64 = (value: number): ThriftValue => ({ type: 'i64', value });
export const text = (value: string): ThriftValue => ({ type: 'binary', value });
export const binary = (value: Uint8Array): ThriftValue => ({ type: 'binary', value });
export const struct = (...value: ThriftStruct): ThriftValue => ({ type: 'struct', value });
export const list = (of: Type, value: readonly ThriftValue[]): ThriftValue => ({ type: 'list', of, value });

/** Bytes of a struct. */
export function thriftBytes(value: ThriftStruct): Uint8Array {
  const bytes: number[] = [];
  putStruct(bytes, value);
  return Uint8Array.from(bytes);
}

/** Seven bits a byte, the lowest first; the highest bit says that another follows. For numbers up to 2^53. */
export function putVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}

function putStruct(bytes: number[], fields: ThriftStruct): void {
  let before = 0;
  for (const [id, value] of fields) {
    const step = id - before;
    if (step < 1 || step > 15) throw new RangeError(`field ${id} after ${before}`);
    bytes.push(step * 16 + TYPE[value.type]);
    put(bytes, value);
    before = id;
  }
  bytes.push(0);
}

function put(bytes: number[], value: ThriftValue): void {
  if (value.type === 'struct') putStruct(bytes, value.value);
  else if (value.type === 'binary') {
    const encoded = typeof value.value === 'string' ? Buffer.from(value.value, 'utf8') : value.value;
    putVarint(bytes, encoded.length);
    for (const byte of encoded) bytes.push(byte);
  } else if (value.type === 'list') {
    const { length } = value.value;
    if (length < 15) bytes.push(length * 16 + TYPE[value.of]);
    else {
      bytes.push(0xf0 + TYPE[value.of]);
      putVarint(bytes, length);
    }
    for (const one of value.value) put(bytes, one);
  } else putVarint(bytes, value.value >= 0 ? value.value * 2 : -value.value * 2 - 1); // zigzag
}
