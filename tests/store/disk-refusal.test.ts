import SQLite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { diskRefusal } from '../../src/store/disk-refusal.js';

/** What SQLite throws when a statement fails. */
function thrownBy(sql: string, prepare: (database: SQLite.Database) => void): unknown {
  const database = new SQLite(':memory:');
  try {
    database.exec('create table t (x text unique)');
    prepare(database);
    database.exec(sql);
  } catch (error) {
    return error;
  } finally {
    database.close();
  }
  throw new Error('nothing failed');
}

it('tells that the disk is full when SQLite can take no more pages', () => {
  const full = thrownBy('insert into t values (hex(zeroblob(100000)))', (database) =>
    database.pragma('max_page_count = 4'),
  );
  expect(diskRefusal('store.db', full)).toMatchObject({
    kind: 'data',
    message: expect.stringContaining('the disk is full'),
    where: 'store.db',
    fix: expect.stringContaining('again'),
  });
});

it('tells that the store may not be written', () => {
  const refused = thrownBy('insert into t values (1)', (database) => database.pragma('query_only = on'));
  expect(diskRefusal('store.db', refused)).toMatchObject({
    kind: 'data',
    message: expect.stringContaining('READONLY'),
  });
});

it('leaves what is our bug, and what is told already', () => {
  const broken = thrownBy('insert into t values (1)', (database) => database.exec('insert into t values (1)'));
  expect(diskRefusal('store.db', broken)).toBe(broken);
  const told = new RectuneError('usage', 'what', 'where', 'fix');
  expect(diskRefusal('store.db', told)).toBe(told);
});
