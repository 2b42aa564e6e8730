import { RectuneError } from '../core/errors.js';
import { readChunks } from './files.js';

/** The first bytes of every GGUF file. */
export const GGUF_MAGIC = 'GGUF';

/** What stands in a GGUF file before the tensors' data. */
export interface GgufHeader {
  /** Keys with a number, a truth value or a text; lists are passed over. */
  readonly keys: ReadonlyMap<string, number | boolean | string>;
  /** In the order of the file; the shape as ggml counts it: columns first. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

type Refuse = (what: string) => RectuneError;

/**
 * Reads the header of a GGUF file, version 2 or 3, and nothing of its data.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * fix     what the user should do about a file that is no such thing
 * throws  RectuneError (data): it cannot be read, is no GGUF, or ends inside the header
 */
export function readGgufHeader(path: string, fix: string): GgufHeader {
  const refuse = (what: string) => new RectuneError('data', what, path, fix);
  const bytes = new Bytes(path, refuse);
  try {
    return readHeader(bytes, refuse);
  } finally {
    bytes.close();
  }
}

function readHeader(bytes: Bytes, refuse: Refuse): GgufHeader {
  if (bytes.take(GGUF_MAGIC.length).toString('latin1') !== GGUF_MAGIC) throw refuse('this is not a GGUF file');
  const version = bytes.take(4).readUInt32LE();
  if (version !== 2 && version !== 3) throw refuse(`this GGUF has version ${version}, expected 2 or 3`);
  const tensorCount = bytes.count();
  const keyCount = bytes.count();
  const keys: [string, number | boolean | string][] = [];
  for (let i = 0; i < keyCount; i++) {
    const key = bytes.text();
    const value = readValue(bytes, bytes.take(4).readUInt32LE(), refuse);
    if (value !== undefined) keys.push([key, value]);
  }
  const tensors: { name: string; shape: number[] }[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = bytes.text();
    const dimensions = bytes.take(4).readUInt32LE();
    if (dimensions > MOST_DIMENSIONS) throw refuse(`tensor "${name}" has ${dimensions} dimensions`);
    tensors.push({ name, shape: Array.from({ length: dimensions }, () => bytes.count()) });
    bytes.take(4 + 8); // type, offset
  }
  return { keys: new Map(keys), tensors };
}

const MOST_DIMENSIONS = 4; // ggml's
const LONGEST_TEXT = 1 << 24; // bytes; a length beyond is no length

const TEXT = 8;
const LIST = 9;

/** Types of a number or truth value by their code: size in bytes, and how to read it. */
const SCALARS: Readonly<Record<number, readonly [size: number, read: (bytes: Buffer) => number | boolean]>> = {
  0: [1, (bytes) => bytes.readUInt8()],
  1: [1, (bytes) => bytes.readInt8()],
  2: [2, (bytes) => bytes.readUInt16LE()],
  3: [2, (bytes) => bytes.readInt16LE()],
  4: [4, (bytes) => bytes.readUInt32LE()],
  5: [4, (bytes) => bytes.readInt32LE()],
  6: [4, (bytes) => bytes.readFloatLE()],
  7: [1, (bytes) => bytes.readUInt8() !== 0],
  10: [8, (bytes) => Number(bytes.readBigUInt64LE())],
  11: [8, (bytes) => Number(bytes.readBigInt64LE())],
  12: [8, (bytes) => bytes.readDoubleLE()],
};

/** The value of a type's code; undefined for a list, which is passed over. */
function readValue(bytes: Bytes, type: number, refuse: Refuse): number | boolean | string | undefined {
  if (type === TEXT) return bytes.text();
  if (type === LIST) {
    const item = bytes.take(4).readUInt32LE();
    if (item === LIST) throw refuse('the GGUF holds a list of lists');
    const length = bytes.count();
    for (let i = 0; i < length; i++) readValue(bytes, item, refuse);
    return undefined;
  }
  const scalar = SCALARS[type];
  if (!scalar) throw refuse(`the GGUF holds a value of the unknown type ${type}`);
  const [size, read] = scalar;
  return read(bytes.take(size));
}

/** The bytes of a file from its beginning, little-endian as GGUF writes them. */
class Bytes {
  readonly #chunks: Generator<Uint8Array, void>;
  readonly #refuse: Refuse;
  #held: Buffer = Buffer.alloc(0);

  constructor(path: string, refuse: Refuse) {
    this.#chunks = readChunks(path);
    this.#refuse = refuse;
  }

  take(size: number): Buffer {
    while (this.#held.length < size) {
      const { value, done } = this.#chunks.next();
      if (done) throw this.#refuse('the GGUF file ends inside its header');
      this.#held = Buffer.concat([this.#held, value]); // a copy: the chunk is valid only until the next one
    }
    const taken = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(size);
    return taken;
  }

  close(): void {
    this.#chunks.return();
  }

  count(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(): string {
    const length = this.count();
    if (length > LONGEST_TEXT) throw this.#refuse('the header of the GGUF file is broken');
    return this.take(length).toString('utf8');
  }
}
