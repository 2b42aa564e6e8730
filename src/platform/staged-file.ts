import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { writing } from './file-errors.js';
import { makeFolder, remove, syncFolder, temporaryName, writeWhole } from './files.js';

/**
 * A file that is made under a temporary name while its content becomes known, and gets its name at the end: it is there whole or not
 * at all. Throws RectuneError (file-errors.ts).
 */
export class StagedFile {
  readonly #temporary: string;
  #file: number | undefined;

  /** path  in the folder where it will lie, which is made when it is not there; errors name it */
  constructor(path: string) {
    makeFolder(dirname(path));
    this.#temporary = temporaryName(path);
    this.#file = writing(path, () => openSync(this.#temporary, 'w'));
  }

  write(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) throw new Error('the file is closed');
    writing(this.#temporary, () => writeWhole(file, bytes));
  }

  /** Gives the file its name, in the same folder; both are on the disk when it returns. A file of that name is replaced. */
  seal(path: string): void {
    const file = this.#file;
    if (file === undefined) throw new Error('the file is closed');
    writing(path, () => fsyncSync(file));
    this.#close();
    writing(path, () => renameSync(this.#temporary, path));
    syncFolder(dirname(path));
  }

  /** Removes what was not sealed. */
  discard(): void {
    this.#close();
    remove(this.#temporary);
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
