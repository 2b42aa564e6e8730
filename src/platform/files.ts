import { createHash, createHmac } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorKind, RectuneError } from '../core/errors.js';
import { cannotRead, reading, writing } from './file-errors.js';

/** What a file is written from. Pieces are written one after the other, so a long file need not stand in memory. */
export type Content = string | Uint8Array | Iterable<string | Uint8Array>;

const CHUNK = 1 << 20; // bytes read or gathered at once

export function exists(path: string): boolean {
  return existsSync(path);
}

export function isFolder(path: string): boolean {
  return exists(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Whether nobody may write to a folder, by its mode: the superuser could, and should not. */
export function isReadOnly(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o222) === 0;
}

/** Size of a file in bytes. Throws RectuneError 'data' when there is no such file. */
export function fileSize(path: string): number {
  return reading(path, 'data', () => statSync(path).size);
}

/** When a file was last written, milliseconds since 1970. Throws RectuneError 'data' when there is no such file. */
export function modifiedAt(path: string): number {
  return reading(path, 'data', () => statSync(path).mtimeMs);
}

/** Names in a folder, sorted by code unit so that every machine sees one order; without a folder, none. */
export function listFolder(path: string): string[] {
  return isFolder(path) ? readdirSync(path).sort() : [];
}

/** Makes a folder and those above it. Throws RectuneError (file-errors.ts). */
export function makeFolder(path: string): void {
  writing(path, () => makeFolders(resolve(path)));
}

/** One by one: Node's own recursive way turns for ever where the system denies that a folder is there, as in /proc. */
function makeFolders(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isFolder(path)) throw error; // else another program made it meanwhile
  }
}

/** Removes a file or a folder with all in it; nothing there is fine. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/**
 * Text of a UTF-8 file, without its byte order mark.
 *
 * kind    the kind of error that a missing, unreadable or undecodable file is: 'usage' for a recipe or template
 * throws  RectuneError
 */
export function readText(path: string, kind: ErrorKind = 'data'): string {
  const bytes = reading(path, kind, () => readFileSync(path));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RectuneError(kind, 'the file is not UTF-8 text', path, 'save it as UTF-8');
  }
}

/** Bytes of a file. Throws RectuneError 'data' when it cannot be read. */
export function readBytes(path: string): Uint8Array {
  return reading(path, 'data', () => readFileSync(path));
}

/** Bytes of a file from a place on; fewer when it ends before. Throws RectuneError 'data' when it cannot be read. */
export function readAt(path: string, begin: number, length: number): Buffer {
  const file = reading(path, 'data', () => openSync(path, 'r'));
  try {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const more = reading(path, 'data', () => readSync(file, bytes, read, length - read, begin + read));
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(file);
  }
}

/** A JSON file as a plain value; parse it by a schema (core/parse.ts). Throws RectuneError. */
export function readJson(path: string, kind: ErrorKind = 'data'): unknown {
  const text = readText(path, kind);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RectuneError(kind, `not JSON: ${(error as Error).message}`, path, 'correct the file or make it again');
  }
}

/**
 * The bytes of a file, chunk by chunk. Synchronous, so that rows can go straight into one transaction of the store.
 * A chunk is valid until the next one is asked for. Throws RectuneError 'data' when the file cannot be read.
 *
 * from  bytes that are left out at the begin of the file
 */
export function* readChunks(path: string, size: number = CHUNK, from = 0): Generator<Uint8Array, void> {
  const file = reading(path, 'data', () => openSync(path, 'r'));
  try {
    const buffer = new Uint8Array(size);
    for (let position = from; ; ) {
      const at = from === 0 ? null : position; // a pipe has no places
      const length = reading(path, 'data', () => readSync(file, buffer, 0, size, at));
      if (length === 0) return;
      position += length;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** SHA-256 in hexadecimal digits; text counts as its UTF-8 bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** HMAC-SHA256 of a text in hexadecimal digits. */
export function keyedHash(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** SHA-256 of what comes in pieces, and so need not stand in memory. */
export function sha256Pieces(pieces: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** SHA-256 of a file of any length. Throws RectuneError 'data' when it cannot be read. onChunk: called about once a megabyte; what it throws ends it */
export async function sha256File(path: string, onChunk: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(path, 'r');
    try {
      for await (const chunk of file.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
        hash.update(chunk);
        onChunk(chunk.length);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotRead(path, 'data', error);
  }
  return hash.digest('hex');
}

/**
 * Writes a file so that it is there whole or not at all: under a temporary name, fsynced, renamed.
 * Makes the folder when needed; replaces a file of that name.
 *
 * throws  RectuneError (file-errors.ts), and what the content throws
 */
export function writeSealed(path: string, content: Content): void {
  seal(path, (temporary) => writeSynced(temporary, content));
}

/** Copies a file of any length as writeSealed writes one; on file systems that can, the two share their bytes on disk. */
export function copySealed(from: string, to: string): void {
  seal(to, (temporary) => {
    copyFileSync(from, temporary, constants.COPYFILE_FICLONE);
    sync(temporary);
  });
}

/** write  makes the file under a temporary name and syncs it */
function seal(path: string, write: (temporary: string) => void): void {
  makeFolder(dirname(path));
  const temporary = temporaryName(path);
  writing(path, () => {
    try {
      write(temporary);
      renameSync(temporary, path);
    } catch (error) {
      remove(temporary);
      throw error;
    }
  });
  syncFolder(dirname(path));
}

/**
 * Writes a folder so that it is there whole or not at all.
 *
 * path     a folder of that name is left as it is, because a sealed folder is named by its content;
 *          with replace it gives way to the new one
 * files    name inside the folder, "/" between folders, to content
 * returns  whether the folder was written
 * throws   RectuneError (file-errors.ts), and what the contents throw
 */
export function writeSealedFolder(
  path: string,
  files: Record<string, Content>,
  options: { replace?: boolean } = {},
): boolean {
  if (exists(path) && !options.replace) return false;
  makeFolder(dirname(path));
  const temporary = temporaryName(path);
  const old = `${temporary}.old`;
  writing(path, () => {
    try {
      writeFolder(temporary, files);
      if (exists(path)) renameSync(path, old);
      renameSync(temporary, path);
    } catch (error) {
      if (exists(old) && !exists(path)) renameSync(old, path);
      throw error;
    } finally {
      remove(temporary);
      remove(old);
    }
  });
  syncFolder(dirname(path));
  return true;
}

function writeFolder(path: string, files: Record<string, Content>): void {
  makeFolders(path);
  const folders = new Set([path]);
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    makeFolders(dirname(file));
    folders.add(dirname(file));
    writeSynced(file, content);
  }
  for (const folder of folders) syncFolder(folder);
}

/** The folder of the project's package.json, from src/ as from dist/: there are templates/, recipes/, datasets/ and native/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('no package.json above the program');
    folder = above;
  }
  return folder;
}

/** In the same folder, because a rename does not cross file systems; the process id keeps two programs apart. */
export function temporaryName(path: string): string {
  const whole = resolve(path);
  return join(dirname(whole), `.${basename(whole)}.${process.pid}.tmp`);
}

function writeSynced(path: string, content: Content): void {
  const file = openSync(path, 'w');
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) writeWhole(file, content);
    else {
      let gathered: string[] = [];
      let length = 0;
      for (const piece of content) {
        if (typeof piece !== 'string') {
          writeWhole(file, gathered.join(''));
          writeWhole(file, piece);
          gathered = [];
          length = 0;
          continue;
        }
        gathered.push(piece);
        length += piece.length;
        if (length < CHUNK) continue;
        writeWhole(file, gathered.join(''));
        gathered = [];
        length = 0;
      }
      writeWhole(file, gathered.join(''));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** One write call may take only a part. */
export function writeWhole(file: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** A rename is on disk only when its folder is. Some file systems refuse to sync a folder; then nothing is lost but the guarantee. */
export function syncFolder(path: string): void {
  try {
    sync(path);
  } catch {
    // refused: see above
  }
}

/** A file or a folder. */
function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
