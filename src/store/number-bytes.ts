type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** Numbers as the bytes that they lie in, the lowest byte first, as on every machine that the program runs on. */
export function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** In a buffer of their own: numbers are read where they are a multiple of their size. */
export function aligned({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

/** Whole numbers from 0 to 2^53 as 64 bits each: their low and their high 32 bits in turn. */
export function toWholes(values: Float64Array | Uint32Array): Uint8Array {
  const halves = new Uint32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    halves[2 * i] = value; // its low 32 bits
    halves[2 * i + 1] = value / 2 ** 32;
  }
  return bytesOf(halves);
}

/** Numbers that toWholes made. */
export function fromWholes(bytes: Uint8Array): Float64Array {
  const halves = new Uint32Array(aligned(bytes));
  const values = new Float64Array(halves.length / 2);
  for (let i = 0; i < values.length; i++) {
    values[i] = (halves[2 * i] as number) + (halves[2 * i + 1] as number) * 2 ** 32;
  }
  return values;
}
