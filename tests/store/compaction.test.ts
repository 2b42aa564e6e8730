import { statSync } from 'node:fs';
import SQLite, { type Database } from 'better-sqlite3';
import { expect, it } from 'vitest';
import { compact } from '../../src/store/compaction.js';
import { openDatabase } from '../../src/store/database.js';
import { temporaryFolder } from './fixtures.js';

const FEWEST = 100_000;

/** A store with a table beside its own, of which so many rows of 1,000 bytes were removed. */
function storeOf({ kept, removed }: { kept: number; removed: number }): { database: Database; path: string } {
  const path = `${temporaryFolder()}/store.db`;
  const database = openDatabase(path);
  database.exec('create table more (number integer primary key, text text) strict');
  const insert = database.prepare('insert into more values (?, ?)');
  database.transaction(() => {
    for (let i = 0; i < kept + removed; i++) insert.run(i, String(i).repeat(1000).slice(0, 1000));
  })();
  database.prepare('delete from more where number >= ?').run(kept);
  database.pragma('wal_checkpoint(TRUNCATE)');
  return { database, path };
}

/** Compacts and tells by how much the file got smaller, and what was said. */
function compacted(stored: ReturnType<typeof storeOf>, options: Parameters<typeof compact>[1] = {}) {
  const { database, path } = stored;
  const rows = () => database.prepare('select * from more order by number').all();
  const [before, heldBefore] = [statSync(path).size, rows()];
  const notes: string[] = [];
  compact(database, { onNote: (line) => notes.push(line), fewestBytes: FEWEST, ...options });
  expect(rows()).toEqual(heldBefore);
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('quick_check', { simple: true })).toBe('ok');
  database.pragma('wal_checkpoint(TRUNCATE)');
  return { saved: before - statSync(path).size, notes };
}

it('gives the disk back what is free in a store, keeps every row, and says so', () => {
  const { saved, notes } = compacted(storeOf({ kept: 300, removed: 700 }));
  expect(saved).toBeGreaterThan(650_000);
  expect(notes).toEqual([
    expect.stringContaining('are free: it is written anew'),
    expect.stringMatching(/^the store has/),
  ]);
});

it.each([
  { why: 'little is free', stored: { kept: 300, removed: 50 }, options: {} },
  { why: 'it is a small part of the file', stored: { kept: 2000, removed: 400 }, options: {} },
  { why: 'the disk lacks the room', stored: { kept: 300, removed: 700 }, options: { room: () => 500_000 } },
])('leaves a store as it is when $why', ({ stored, options }) => {
  expect(compacted(storeOf(stored), options)).toEqual({ saved: 0, notes: [] });
});

it('waits for another time while another program has the store open', () => {
  const stored = storeOf({ kept: 300, removed: 700 });
  const other = new SQLite(stored.path);
  other.prepare('select count(*) from more').get();
  expect(compacted(stored)).toEqual({ saved: 0, notes: [] });
  other.close();
  expect(compacted(stored).saved).toBeGreaterThan(650_000);
});
