import { dirname } from 'node:path';
import SQLite, { type Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import { makeFolder } from '../platform/files.js';
import { BUSY_TIMEOUT } from './busy-timeout.js';
import { compact } from './compaction.js';
import { migrate, migrations, refuseForeign } from './migrations.js';
import { damagedStore, storeError } from './store-errors.js';

/**
 * Opens a store's SQLite file: makes it when it is not there, checks it, brings its tables up to date, gives the disk back what is free in it.
 *
 * onNote  hears what takes a while
 * throws  RectuneError 'data' for a file that is damaged, foreign, newer than the program, or cannot be opened
 */
export function openDatabase(path: string, onNote?: (line: string) => void): Database {
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
      migrate(database, path, migrations, onNote);
      compact(database, onNote ? { onNote } : {});
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function check(database: Database, path: string): void {
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw damagedStore(path, String(found));
}

function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (thrown) {
    const error = storeError(thrown, path);
    if (error instanceof RectuneError || typeof (error as { code?: unknown }).code !== 'string') throw error;
    throw new RectuneError(
      'data',
      `the store cannot be opened (${(error as Error).message})`,
      path,
      'check the rights of the file and its folder and the room on the disk, or use another folder (--studio DIR)',
    );
  }
}
