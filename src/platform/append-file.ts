import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that only grows: what is written stands after what was there before. */
export class AppendFile {
  readonly #file: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a');
  }

  /** Writes whole lines at once, so that another reader never sees half of one. */
  writeLines(lines: readonly string[]): void {
    if (lines.length > 0) writeSync(this.#file, lines.map((line) => `${line}\n`).join(''));
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}
