import { type ErrorKind, RectuneError } from '../core/errors.js';

/** Runs what reads a file; the system's refusal becomes an error that says what to do. */
export function reading<T>(path: string, kind: ErrorKind, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw cannotRead(path, kind, error);
  }
}

/**
 * Runs what writes a file or folder; the system's refusal becomes an error that says what to do.
 *
 * path    the place as the user knows it, not a temporary name beside it
 * throws  RectuneError of cannotWrite; whatever else `write` throws goes through as it is
 */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** The error for a file that could not be read. An error that is not the system's comes back as it is. */
export function cannotRead(path: string, kind: ErrorKind, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RectuneError(kind, 'there is no such file', path, 'check the path, or make the file first');
  }
  if (code === 'EISDIR') return new RectuneError(kind, 'this is a folder, not a file', path, 'name a file');
  return new RectuneError(kind, `the file cannot be read (${code})`, path, 'check its rights and its disk');
}

/**
 * The error for a file or folder that could not be written. An error that is not the system's comes back as it is.
 *
 * A place that can never be written in this way, a file where a folder belongs or a folder where a file does, is of the
 * kind 'usage'; a disk or a right that refuses is 'data'.
 */
export function cannotWrite(path: string, error: unknown): unknown {
  const code = systemCode(error);
  switch (code) {
    case undefined:
      return error;
    case 'EISDIR':
      return new RectuneError('usage', 'this is a folder, not a file', path, 'name a file');
    case 'ENOTDIR':
    case 'EEXIST':
      return new RectuneError('usage', 'a file stands where a folder belongs', path, 'name another place');
    case 'ENAMETOOLONG':
      return new RectuneError('usage', 'the name is too long for this disk', path, 'name a shorter one');
    case 'ENOSPC':
    case 'EDQUOT':
      return new RectuneError('data', `the disk is full (${code})`, path, 'make room on it, or name another place');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': {
      const fix = 'name another place, or let this user write there';
      return new RectuneError('data', `nothing may be written here (${code})`, path, fix);
    }
    default:
      return new RectuneError(
        'data',
        `this cannot be written (${code})`,
        path,
        'check the disk, or name another place',
      );
  }
}

/** ENOENT and its like; undefined for an error that does not come from the system, such as one of SQLite or of ours. */
function systemCode(error: unknown): string | undefined {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof errno === 'number' ? code : undefined;
}
