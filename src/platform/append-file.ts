import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writing } from './file-errors.js';
import { makeFolder } from './files.js';

/** A file that only grows: what is written stands after what was there before. Throws RectuneError (file-errors.ts). */
export class AppendFile {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    makeFolder(dirname(path));
    this.#path = path;
    this.#file = writing(path, () => openSync(path, 'a'));
  }

  /** Writes whole lines at once, so that another reader never sees half of one. */
  writeLines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    writing(this.#path, () => writeSync(this.#file, lines.map((line) => `${line}\n`).join('')));
  }

  close(): void {
    try {
      writing(this.#path, () => fsyncSync(this.#file));
    } finally {
      closeSync(this.#file);
    }
  }
}
