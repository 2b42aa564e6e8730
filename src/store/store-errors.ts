import { RectuneError } from '../core/errors.js';

/** Another program writes into the store: nothing is wrong, and trying again later helps. */
export class StoreBusy extends RectuneError {
  constructor(path: string) {
    super('data', 'another program has the store locked', path, 'wait until it ends, then try again');
  }
}

/**
 * An error of SQLite as what a user can act on: a locked store, a full disk, missing rights, a damaged file.
 * Anything else comes back as it is: a broken rule of the tables, for example, is our bug.
 *
 * path  the store's file
 */
export function storeError(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof RectuneError || typeof code !== 'string') return error;
  const { message } = error as Error;
  const is = (...names: string[]) => names.some((name) => code === name || code.startsWith(`${name}_`));
  if (is('SQLITE_BUSY', 'SQLITE_LOCKED')) return new StoreBusy(path);
  if (is('SQLITE_CORRUPT', 'SQLITE_NOTADB')) return damagedStore(path, message);
  if (is('SQLITE_FULL')) {
    const fix = 'make room on the disk, then give the same command again';
    return new RectuneError('data', 'the disk has no room for the store', path, fix);
  }
  if (is('SQLITE_READONLY', 'SQLITE_PERM')) {
    const fix = 'give yourself the right to write the file and its folder, or use another folder (--studio DIR)';
    return new RectuneError('data', `the store cannot be written (${message})`, path, fix);
  }
  if (is('SQLITE_IOERR')) {
    const fix = 'check the disk and the room on it, then give the same command again';
    return new RectuneError('data', `the store cannot be read or written (${message})`, path, fix);
  }
  return error;
}

export function damagedStore(path: string, detail: string): RectuneError {
  return new RectuneError(
    'data',
    `the store is damaged: ${detail.replaceAll('\n', ' ').trim()}`,
    path,
    'put back a copy of the file, or move it (with its -wal and -shm files) away and import and build again',
  );
}

/**
 * The same object, but errors of SQLite that leave its methods, or the rows they give one by one, are the store's.
 *
 * mayBeUsed  called before each call; what it throws goes to the caller
 */
export function translated<Part extends object>(part: Part, path: string, mayBeUsed: () => void): Part {
  const guard = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  const guardRows = (rows: Iterator<unknown>): IterableIterator<unknown> => ({
    next: () => guard(() => rows.next()),
    return: (value) => rows.return?.(value) ?? { done: true, value },
    [Symbol.iterator]() {
      return this;
    },
  });
  return new Proxy(part, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        mayBeUsed();
        const answer = guard(() => Reflect.apply(value, target, args));
        return isGenerator(answer) ? guardRows(answer) : answer;
      };
    },
  });
}

function isGenerator(value: unknown): value is Iterator<unknown> {
  return typeof (value as { next?: unknown } | null | undefined)?.next === 'function';
}
