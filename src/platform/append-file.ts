import { appendFileSync, closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writing } from './file-errors.js';
import { exists, makeFolder } from './files.js';

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

/** Ends the last line of a file that lacks its newline, so that what is added stands on a line of its own. */
export function endLine(path: string): void {
  if (!exists(path)) return;
  writing(path, () => {
    const { size } = statSync(path);
    const last = new Uint8Array(1);
    const file = openSync(path, 'r');
    try {
      if (size > 0) readSync(file, last, 0, 1, size - 1);
    } finally {
      closeSync(file);
    }
    if (size > 0 && last[0] !== 0x0a) appendFileSync(path, '\n');
  });
}
