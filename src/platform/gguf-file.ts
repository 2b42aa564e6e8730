import { statSync } from 'node:fs';
import { RectuneError } from '../core/errors.js';
import { readChunks } from './files.js';
import { GGUF_MAGIC } from './gguf-header.js';

/**
 * Looks whether a path can be a model or an adapter, before anything long starts: it is there, a plain file, and begins like a GGUF.
 * What is inside is for native/ to judge. Throws RectuneError (data).
 */
export function requireGguf(path: string, fix = 'name the GGUF file of a base model'): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  const refuse = (what: string) => new RectuneError('data', what, path, fix);
  if (!stat) throw refuse('there is no such file');
  if (!stat.isFile()) throw refuse(stat.isDirectory() ? 'this is a folder, not a file' : 'this is no plain file');
  const [head = new Uint8Array()] = readChunks(path, GGUF_MAGIC.length);
  if (Buffer.from(head).toString('latin1') !== GGUF_MAGIC) throw refuse('this is not a GGUF file');
}
