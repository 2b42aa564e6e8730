import { closeSync, openSync } from 'node:fs';
import { writing } from './file-errors.js';
import { readBytes, readChunks, remove, writeWhole } from './files.js';

const GATHERED = 1 << 16; // bytes

/** A file of a scratch folder: filled, then read, once piece by piece or as a whole as often as it is asked for. Throws RectuneError (file-errors.ts). */
export class ScratchFile {
  readonly #path: string;
  readonly #buffer = new Uint8Array(GATHERED);
  #gathered = 0;
  #file: number | undefined; // opened when there is something to write

  constructor(path: string) {
    this.#path = path;
  }

  write(bytes: Uint8Array): void {
    if (this.#gathered + bytes.length > GATHERED) this.#flush();
    if (bytes.length > GATHERED) this.#put(bytes);
    else {
      this.#buffer.set(bytes, this.#gathered);
      this.#gathered += bytes.length;
    }
  }

  /** For one that is not read to its end. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** All that was written, which stays. The begin is aligned for numbers of any width. */
  whole(): Uint8Array {
    if (this.#file === undefined) return this.#buffer.slice(0, this.#gathered);
    this.#flush();
    return aligned(readBytes(this.#path));
  }

  /** What was written, in pieces that hold until the next one is asked for; the file is gone behind the last one. */
  *read(): Generator<Uint8Array, void> {
    if (this.#file === undefined) {
      if (this.#gathered > 0) yield this.#buffer.subarray(0, this.#gathered);
      return;
    }
    this.#flush();
    this.close();
    yield* readChunks(this.#path);
    remove(this.#path);
  }

  #flush(): void {
    this.#put(this.#buffer.subarray(0, this.#gathered));
    this.#gathered = 0;
  }

  #put(bytes: Uint8Array): void {
    writing(this.#path, () => {
      this.#file ??= openSync(this.#path, 'w');
      writeWhole(this.#file, bytes);
    });
  }
}

function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}
