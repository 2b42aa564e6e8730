import { aligned, bytesOf } from './number-bytes.js';

/** Whole numbers, not negative, in as few bytes each as hold them. */
export type NumberColumn = Uint8Array | Uint16Array | Uint32Array | Float64Array;

const KINDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;
type Width = keyof typeof KINDS;
const SAME = 0x10; // beside the width: all numbers are the one that stands there

/**
 * A column as a blob, of which the first byte says how wide its numbers are. Numbers that are all the same stand there once.
 *
 * values  whole numbers from 0 to 2^53
 */
export function packNumbers(values: Uint8Array | Uint32Array | Float64Array): Uint8Array {
  const first = values[0] ?? 0;
  let largest = first;
  let isSame = true;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== first) isSame = false;
    if (value > largest) largest = value;
  }
  const width: Width = largest <= 0xff ? 1 : largest <= 0xffff ? 2 : largest <= 0xffffffff ? 4 : 8;
  const Kind = KINDS[width];
  const numbers = isSame ? Kind.of(first) : values instanceof Kind ? values : new Kind(values);
  const packed = new Uint8Array(1 + numbers.byteLength);
  packed[0] = isSame ? width | SAME : width;
  packed.set(bytesOf(numbers), 1);
  return packed;
}

/** size  of the column that was packed */
export function unpackNumbers(packed: Uint8Array, size: number): NumberColumn {
  const [kind = 0] = packed;
  const Kind = KINDS[(kind & ~SAME) as Width];
  const numbers = new Kind(aligned(packed.subarray(1)));
  return kind & SAME ? new Kind(size).fill(numbers[0] as number) : numbers;
}
