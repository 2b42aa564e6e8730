import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ByteText } from './byte-text.js';
import { writing } from './file-errors.js';
import { exists, makeFolder, remove, syncFolder, temporaryName, writeWhole } from './files.js';

const CHUNK = 1 << 18; // bytes gathered before they are written

interface OpenFile {
  readonly file: number;
  readonly hash: Hash;
  readonly waiting: ByteText;
  written: number; // bytes, without those that wait
}

/** Where a piece of a file stands, in bytes. */
export interface BytePlace {
  readonly begin: number;
  readonly length: number;
}

/**
 * A folder that is made under a temporary name while its content becomes known, several files at once, and gets its name at the end:
 * it is there whole or not at all. Throws RectuneError (file-errors.ts).
 */
export class StagedFolder {
  readonly #path: string;
  readonly #files = new Map<string, OpenFile>();

  /** parent  the folder in which it is made; made when it is not there */
  constructor(parent: string) {
    makeFolder(parent);
    this.#path = temporaryName(join(parent, 'staged'));
    remove(this.#path); // of a process that was killed and had this number
    makeFolder(this.#path);
  }

  /** Text at the end of a file, which is made at its first text. */
  write(name: string, text: string): void {
    this.append(name, (to) => to.text(text));
  }

  /** The same of what is put down as bytes; where it stands in the file. */
  append(name: string, put: (to: ByteText) => void): BytePlace {
    const open = this.#open(name);
    const { waiting } = open;
    const before = waiting.length;
    put(waiting);
    const place = { begin: open.written + before, length: waiting.length - before };
    if (waiting.length >= CHUNK) this.#flush(open);
    return place;
  }

  /** sha256 of what a file holds, in hexadecimal; nothing can be written to it any more. */
  close(name: string): string {
    const open = this.#open(name);
    this.#flush(open);
    writing(this.#path, () => fsyncSync(open.file));
    closeSync(open.file);
    return open.hash.digest('hex');
  }

  /** Gives the folder its name; every file must be closed. Returns whether it did: a folder of that name is left as it is. */
  seal(path: string): boolean {
    if (exists(path)) return false;
    syncFolder(this.#path);
    writing(path, () => renameSync(this.#path, path));
    syncFolder(join(path, '..'));
    return true;
  }

  /** Removes what was not sealed. */
  discard(): void {
    for (const { file } of this.#files.values()) {
      try {
        closeSync(file);
      } catch {
        // closed already
      }
    }
    remove(this.#path);
  }

  #open(name: string): OpenFile {
    const known = this.#files.get(name);
    if (known) return known;
    const path = join(this.#path, name);
    const file = writing(path, () => openSync(path, 'wx'));
    const made = { file, hash: createHash('sha256'), waiting: new ByteText(), written: 0 };
    this.#files.set(name, made);
    return made;
  }

  #flush(open: OpenFile): void {
    const { bytes } = open.waiting;
    open.hash.update(bytes);
    writing(this.#path, () => writeWhole(open.file, bytes));
    open.written += bytes.length;
    open.waiting.clear();
  }
}
