import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SQLite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.js';
import { migrate, migrations } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/store.js';
import { keepSource, NOW, run, source, temporaryFolder, temporaryStore, version } from './fixtures.js';

it('makes the folder and all tables from nothing, with WAL, foreign keys, STRICT tables and the version', () => {
  const path = join(temporaryFolder(), 'a', 'b', 'store.db');
  const database = openDatabase(path);
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  expect(database.pragma('user_version', { simple: true })).toBe(migrations.length);
  const tables = (database.pragma('table_list') as { name: string; type: string; strict: number }[]).filter(
    ({ name, type }) => type === 'table' && !name.startsWith('sqlite_'),
  );
  expect(tables.map(({ name }) => name).sort()).toEqual([
    'dataset_versions',
    'generated_texts',
    'instruction_interactions',
    'instructions',
    'interactions',
    'items',
    'mask_proofs',
    'prediction_sets',
    'predictions',
    'rejects',
    'reports',
    'run_events',
    'runs',
    'source_files',
    'sources',
    'text_rejects',
    'text_sets',
    'texts',
    'users',
  ]);
  expect(tables.filter(({ strict }) => !strict)).toEqual([]);
  database.close();
});

it('keeps what was saved when it is closed and opened again', () => {
  const { store, path } = temporaryStore();
  keepSource(store, source('log'));
  store.close();
  const again = openStore(path);
  expect(again.sources.find('log')).toEqual(source('log'));
  again.close();
});

it('lets two programs hold the store at once', () => {
  const { store, path } = temporaryStore();
  const other = openStore(path);
  keepSource(store, source('log'));
  expect(other.sources.find('log')?.importedAt).toBe(NOW.toISOString());
  other.close();
});

it('takes the steps that a store lacks, one after the other, and no step twice', () => {
  const database = new SQLite(':memory:');
  const steps = ['create table a (x integer) strict', 'alter table a add column y text', 'insert into a values (1, 2)'];
  migrate(database, 'here', steps.slice(0, 1));
  migrate(database, 'here', steps);
  migrate(database, 'here', steps);
  expect(database.pragma('user_version', { simple: true })).toBe(3);
  expect(database.prepare('select * from a').all()).toEqual([{ x: 1, y: '2' }]);
  database.close();
});

/** Makes a store one of an earlier version: without the columns that came later. */
function takeBack(raw: SQLite.Database, version: number): void {
  raw.exec('alter table prediction_sets drop column device; alter table prediction_sets drop column precision');
  raw.exec('drop table mask_proofs');
  raw.exec('drop table generated_texts; drop table text_rejects; drop table texts; drop table text_sets');
  raw.exec('alter table interactions drop column attributes; alter table sources drop column has_attributes');
  raw.exec('drop index instructions_by_parent_row; alter table instructions drop column parent_row');
  raw.exec('alter table instructions drop column answers');
  raw.exec(`update runs set json = json_remove(json, '$.startAdapter')`);
  raw.pragma(`user_version = ${version}`);
}

it('takes what was predicted before there was a choice as computed on the CPU in f32', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  const { hash: versionHash } = version('aaa');
  const asked = { versionHash, split: 'test', modelHash: 'm', adapterHash: null, maxLength: 0 } as const;
  store.predictions.save({ id: 'p', ...asked, runId: null, device: 'cuda', precision: 'bf16', labelMass: 1 }, [], NOW);
  store.close();
  const raw = new SQLite(path);
  takeBack(raw, 4);
  raw.close();
  const again = openStore(path);
  expect(again.predictions.select({ ...asked, device: 'cpu', precision: 'f32' })?.id).toBe('p');
  expect(again.predictions.select({ ...asked, device: 'cuda' })).toBeUndefined();
  again.close();
});

it('reads the runs of a store that kept the paths of their adapters', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  store.runs.save(run('old', version('aaa').hash));
  store.close();
  const raw = new SQLite(path);
  raw.exec(`update runs set json = json_set(json, '$.adapterPath', '/gone/adapter.gguf')`);
  takeBack(raw, 2); // the step after it takes the paths out
  raw.close();
  const again = openStore(path);
  expect(again.runs.find('old')).toEqual(run('old', version('aaa').hash));
  again.close();
});

it('leaves the version before a step that fails', () => {
  const database = new SQLite(':memory:');
  const steps = [
    'create table a (x integer) strict',
    'create table b (x integer) strict; insert into absent values (1)',
  ];
  expect(() => migrate(database, 'here', steps)).toThrow('no such table: absent');
  expect(database.pragma('user_version', { simple: true })).toBe(1);
  expect(database.prepare('select name from sqlite_schema').pluck().all()).toEqual(['a']);
  database.close();
});

it('refuses a store of a newer program', () => {
  const { store, path } = temporaryStore();
  store.close();
  const raw = new SQLite(path);
  raw.pragma(`user_version = ${migrations.length + 1}`);
  raw.close();
  expect(() => openStore(path)).toThrow(
    expect.objectContaining({ kind: 'data', where: path, message: expect.stringContaining('this program knows') }),
  );
});

it('refuses a SQLite file of another program, and does not touch it', () => {
  const path = join(temporaryFolder(), 'other.db');
  const raw = new SQLite(path);
  raw.exec('create table theirs (x)');
  raw.close();
  const before = readFileSync(path);
  expect(() => openStore(path)).toThrow(
    expect.objectContaining({ kind: 'data', message: 'this SQLite file is not a store of rectune' }),
  );
  expect(readFileSync(path).equals(before)).toBe(true);
});

it.each([
  {
    case: 'a text file',
    damage: () => Buffer.from('this is no database, but long enough to be looked at\n'.repeat(9)),
  },
  { case: 'a store cut in half', damage: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2) },
  { case: 'a store with a page of noise', damage: (bytes: Buffer) => Buffer.from(bytes).fill(0xa5, 8192, 12288) },
])('tells of $case with what, where and fix', ({ damage }) => {
  const { store, path } = temporaryStore();
  const items = Array.from({ length: 2000 }, (_, i) => ({ itemId: `${i}`, title: 'x'.repeat(50), attributes: {} }));
  keepSource(store, source('log'), { items });
  store.close();
  writeFileSync(path, damage(readFileSync(path)));
  expect(() => openStore(path)).toThrow(
    expect.objectContaining({
      kind: 'data',
      where: path,
      message: expect.stringMatching(/^the store is damaged: /),
      fix: expect.stringContaining('copy'),
    }),
  );
});

it('tells when the store cannot be opened', () => {
  const path = join(temporaryFolder(), 'store.db');
  mkdirSync(path);
  expect(() => openStore(path)).toThrow(expect.objectContaining({ kind: 'data', where: path }));
  const file = join(dirname(path), 'file');
  writeFileSync(file, '');
  expect(() => openStore(join(file, 'store.db'))).toThrow(expect.objectContaining({ kind: 'usage' }));
});

it('reads the runs of a store from before some settings, which they were trained without', () => {
  const { store, path } = temporaryStore();
  const before = run('old', version('aaa').hash);
  store.versions.save(version('aaa'), [], NOW);
  store.runs.save(before);
  store.close();
  const raw = new SQLite(path);
  raw.exec(`update runs set json = json_remove(json, '$.config.layers', '$.config.objective', '$.config.spikeFactor',
    '$.config.validation', '$.config.cacheHidden', '$.config.cachePrecision', '$.config.cacheLimit', '$.config.cacheDirectory', '$.config.recompute', '$.config.memoryLimit', '$.config.precision',
    '$.config.scaling', '$.config.init', '$.config.variant', '$.config.loraPlusRatio', '$.config.mergedType')`);
  takeBack(raw, 3);
  raw.close();
  const again = openStore(path);
  const adapter = { scaling: 'standard', init: 'random', variant: 'lora', loraPlusRatio: 1, mergedType: null };
  const config = {
    ...before.config,
    layers: 'all',
    objective: 'next-token',
    spikeFactor: 0,
    validation: null,
    cacheHidden: 'off',
    cachePrecision: 'f32',
    cacheLimit: 0,
    cacheDirectory: '',
    recompute: 'auto',
    memoryLimit: null,
    precision: 'f32',
    ...adapter,
  };
  expect(again.runs.find('old')).toEqual({ ...before, config });
  again.close();
});
