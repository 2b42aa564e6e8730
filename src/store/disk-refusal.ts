import { RectuneError } from '../core/errors.js';

/**
 * The error for a store that the disk did not let write, so that nobody takes a full disk for our bug. Whatever was not
 * committed is gone, and the store is as it was. Any other error comes back as it is.
 *
 * path   the store's file
 */
export function diskRefusal(path: string, error: unknown): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code !== 'string') return error;
  if (code === 'SQLITE_FULL') {
    const fix = 'make room on it, then give the same command again';
    return new RectuneError('data', 'the disk is full, the store cannot grow', path, fix);
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_READONLY')) {
    const fix = 'check the disk and the rights of the file and its folder, then give the same command again';
    return new RectuneError('data', `the store cannot be written (${code})`, path, fix);
  }
  return error;
}
