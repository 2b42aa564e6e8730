import { dirname } from 'node:path';
import SQLite, { type Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import { makeFolder } from '../platform/files.js';
import { migrate, refuseForeign } from './migrations.js';

const BUSY_TIMEOUT = 10_000; // milliseconds to wait for another process's transaction

/**
 * Opens a store's SQLite file: makes it when it is not there, checks it, brings its tables up to date.
 *
 * throws  RectuneError 'data' for a file that is damaged, foreign, newer than the program, or cannot be opened
 */
export function openDatabase(path: string): Database {
  const database = opening(path, () => {
    makeFolder(dirname(path));
    return new SQLite(path, { timeout: BUSY_TIMEOUT });
  });
  try {
    opening(path, () => {
      check(database, path);
      refuseForeign(database, path);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL'); // with WAL: a power cut may take the last commits, never the file
      database.pragma('foreign_keys = ON');
      migrate(database, path);
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function check(database: Database, path: string): void {
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw damaged(path, String(found));
}

function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (error instanceof RectuneError || typeof code !== 'string') throw error;
    if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') throw damaged(path, (error as Error).message);
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
      throw new RectuneError(
        'data',
        'another program has the store locked',
        path,
        'wait until it ends, then try again',
      );
    }
    throw new RectuneError(
      'data',
      `the store cannot be opened (${(error as Error).message})`,
      path,
      'check the rights of the file and its folder and the room on the disk, or use another folder (--studio DIR)',
    );
  }
}

function damaged(path: string, detail: string): RectuneError {
  return new RectuneError(
    'data',
    `the store is damaged: ${detail.replaceAll('\n', ' ').trim()}`,
    path,
    'put back a copy of the file, or move it (with its -wal and -shm files) away and import and build again',
  );
}
