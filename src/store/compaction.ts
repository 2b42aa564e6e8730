import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { freeRoom, sqliteTemporaryFolder } from '../platform/free-room.js';
import { BUSY_TIMEOUT } from './busy-timeout.js';

/** Free pages that are worth the work: so many bytes, and this part of the file. */
const FEWEST_BYTES = 32 * 1024 * 1024;
const SMALLEST_SHARE = 1 / 3;

export interface CompactionOptions {
  readonly onNote?: (line: string) => void;
  readonly fewestBytes?: number;
  readonly room?: (folder: string) => number; // bytes that may be written there
}

/**
 * Writes a store anew that is free pages in large part: SQLite keeps the room of what was removed, so that a store whose tables a migration
 * packed, or whose log was imported again, stays as large as it was (docs/decisions/0022). Left for another time while another program has
 * the store open or the disks lack the room. A process that is killed meanwhile leaves the store as it was.
 */
export function compact(database: Database, options: CompactionOptions = {}): void {
  const { onNote = () => {}, fewestBytes = FEWEST_BYTES, room = freeRoom } = options;
  const ofPages = (name: string): number => Number(database.pragma(name, { simple: true }));
  const page = ofPages('page_size');
  const [all, free] = [ofPages('page_count') * page, ofPages('freelist_count') * page];
  if (free < fewestBytes || free < all * SMALLEST_SHARE) return;
  // The pages in use are written twice: into a file of SQLite's own, and as they were, into the journal.
  const used = all - free;
  const temporary = sqliteTemporaryFolder();
  if (temporary === undefined || room(temporary) < 2 * used || room(dirname(database.name)) < 2 * used) return;
  database.pragma('busy_timeout = 0');
  try {
    // Works only for a program that is alone with the store, and while it lasts nobody else can open it.
    if (database.pragma('journal_mode = DELETE', { simple: true }) !== 'delete') return;
    onNote(`${megabytes(free)} of the store's ${megabytes(all)} are free: it is written anew`);
    database.exec('vacuum');
    onNote(`the store has ${megabytes(ofPages('page_count') * page)}`);
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith('SQLITE_')) throw error;
    if (!/^SQLITE_(BUSY|LOCKED)/.test((error as { code: string }).code))
      onNote(`the store stays as large as it is (${(error as Error).message})`);
  } finally {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
    database.pragma('journal_mode = WAL');
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
