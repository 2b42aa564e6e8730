import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SQLite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.js';
import { migrate, migrations } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/store.js';
import { instruction, keepSource, NOW, run, source, temporaryFolder, temporaryStore, version } from './fixtures.js';

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
    'instruction_blocks',
    'interaction_attributes',
    'interaction_blocks',
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

/** A store of an earlier version, with what a store of today holds, as far as the earlier one has tables and columns for it. */
function earlier(today: string, version: number): string {
  const path = join(temporaryFolder(), 'earlier.db');
  const raw = new SQLite(path);
  migrate(raw, path, migrations.slice(0, version));
  raw.prepare('attach ? as today').run(today);
  for (const table of ['dataset_versions', 'runs', 'prediction_sets']) {
    const columns = (schema: string): string[] =>
      raw.prepare(`select name from pragma_table_info(?, ?)`).pluck().all(table, schema) as string[];
    const shared = columns('main').filter((name) => columns('today').includes(name));
    raw.exec(`insert into main.${table} (${shared.join()}) select ${shared.join()} from today.${table}`);
  }
  raw.close();
  return path;
}

it('takes what was predicted before there was a choice as computed on the CPU in f32', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  const { hash: versionHash } = version('aaa');
  const asked = { versionHash, split: 'test', modelHash: 'm', adapterHash: null, maxLength: 0 } as const;
  store.predictions.save({ id: 'p', ...asked, runId: null, device: 'cuda', precision: 'bf16', labelMass: 1 }, [], NOW);
  store.close();
  const again = openStore(earlier(path, 4));
  expect(again.predictions.select({ ...asked, device: 'cpu', precision: 'f32' })?.id).toBe('p');
  expect(again.predictions.select({ ...asked, device: 'cuda' })).toBeUndefined();
  again.close();
});

it('keeps the predictions of a store that knew log-odds alone, and takes scores of choices beside them', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  const asked = { versionHash: version('aaa').hash, split: 'test', modelHash: 'm', adapterHash: null } as const;
  const set = { ...asked, maxLength: 0, runId: null, device: 'cpu', precision: 'f32', labelMass: 1 } as const;
  store.predictions.save({ id: 'old', ...set }, [], NOW);
  store.close();
  const old = earlier(path, 10); // the step after it lets choices in
  const raw = new SQLite(old);
  const insert = raw.prepare(`insert into predictions (set_key, row, user_id, item_id, label, log_odds, dropped_history)
    select set_key, ?, ?, ?, ?, ?, ? from prediction_sets`);
  for (const values of [
    [0, 'u1', 'i1', 1, 0.25, 0],
    [7, 'u2', 'i2', 0, -1.5, 3],
  ])
    insert.run(...values);
  raw.close();
  const again = openStore(old);
  expect(again.predictions.rows('old')).toEqual([
    { row: 0, user: 'u1', item: 'i1', label: true, logOdds: 0.25, choices: null, droppedHistory: 0 },
    { row: 7, user: 'u2', item: 'i2', label: false, logOdds: -1.5, choices: null, droppedHistory: 3 },
  ]);
  const choices = [{ sum: -1, tokens: 2, first: -0.5 }];
  const chosen = { row: 0, user: 'u1', item: 'i1', label: null, logOdds: null, choices, droppedHistory: 0 };
  again.predictions.save({ id: 'new', ...set }, [chosen], NOW);
  expect(again.predictions.rows('new')).toEqual([chosen]);
  again.close();
});

it('reads the runs of a store that kept the paths of their adapters', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  store.runs.save(run('old', version('aaa').hash));
  store.close();
  const raw = new SQLite(path);
  raw.exec(
    `update runs set json = json_set(json_remove(json, '$.startAdapter'), '$.adapterPath', '/gone/adapter.gguf')`,
  );
  raw.close();
  const again = openStore(earlier(path, 2)); // the step after it takes the paths out
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
  raw.exec(`update runs set json = json_remove(json, '$.startAdapter', '$.config.layers', '$.config.objective', '$.config.spikeFactor',
    '$.config.validation', '$.config.cacheHidden', '$.config.cachePrecision', '$.config.cacheLimit', '$.config.cacheDirectory', '$.config.recompute', '$.config.memoryLimit', '$.config.precision',
    '$.config.scaling', '$.config.init', '$.config.variant', '$.config.loraPlusRatio', '$.config.mergedType')`);
  raw.close();
  const again = openStore(earlier(path, 3));
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

it('reads the instructions of a store that kept their lines and their parts in tables and columns of their own', () => {
  const { store, path } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  store.close();
  const old = earlier(path, 13);
  const raw = new SQLite(old);
  const made = [
    instruction(0, {
      historyInteractions: [9, 2, 5],
      target: 30,
      instruction: 'Say \u00ab\u{1f3ac}\u00bb.',
      input: 'He liked "\u00c9t\u00e9".',
    }),
    instruction(1, {
      historyInteractions: [],
      instruction: 'no part of the prompt',
      input: '',
      parentRow: 7,
      label: null,
      choices: ['a', 'b'],
      scored: 'likelihood',
      candidates: ['1', '2'],
    }),
  ].map((one) => (one.row === 0 ? { ...one, prompt: `\u00e4 ${one.instruction}\n${one.input}` } : one));
  for (const one of made) {
    const key = one.row + 1;
    raw
      .prepare(
        `insert into instructions (instruction_key, version_key, split, row, user_id, item_id, label, template_id, template_version,
           instruction, input, answer, prompt, marks, answers, parent_row) values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        key,
        one.split,
        one.row,
        one.userId,
        one.itemId,
        one.label === null ? null : Number(one.label),
        one.templateId,
        one.templateVersion,
        one.instruction,
        one.input,
        one.answer,
        one.prompt,
        JSON.stringify([one.values, one.history, one.historyLabels]),
        one.choices && JSON.stringify([one.scored, one.choices, one.candidates]),
        one.parentRow ?? null,
      );
    const line = raw.prepare('insert into instruction_interactions values (?, ?, ?)');
    for (const [position, logIndex] of [one.target, ...one.historyInteractions].entries())
      line.run(key, position, logIndex);
  }
  raw.close();
  const again = openStore(old);
  const { hash } = version('aaa');
  expect([...again.versions.instructions(hash, 'train')]).toEqual(made);
  // As if they had been kept today.
  again.versions.save(version('bbb'), made, NOW);
  expect(again.diffs.compare(hash, version('bbb').hash, 9).counts).toEqual([]);
  expect([...again.statistics.rows(hash)]).toEqual([...again.statistics.rows(version('bbb').hash)]);
  again.close();
});

it('reads the log of a store that kept each interaction as a row, with users and items numbered together', () => {
  const old = earlier(temporaryStore().path, 15);
  const raw = new SQLite(old);
  raw.exec('begin');
  for (const id of ['log', 'other']) {
    const key = raw
      .prepare(`insert into sources (id, hash, json, has_attributes) values (?, 's', ?, 1)`)
      .run(id, JSON.stringify(source(id))).lastInsertRowid;
    for (const [position, user] of [
      [3, 'first'],
      [7, 'after'],
    ])
      raw.prepare('insert into users values (?, ?, ?, ?)').run(key, position, user, '{"age":"24"}');
    for (const [position, item] of [
      [5, 'i9'],
      [6, 'i1'],
      [12, 'i5'],
    ])
      raw.prepare('insert into items values (?, ?, ?, ?, ?)').run(key, position, item, `Title ${item}`, '{}');
    const line = raw.prepare('insert into interactions values (?, ?, ?, ?, ?, ?, ?)');
    for (let i = 0; i < 5000; i++)
      line.run(key, i + 1, i % 3 ? 'after' : 'first', `i${[9, 1, 5][i % 3]}`, i / 2, null, null);
    line.run(key, 9000, 'after', 'i5', null, 1, '{"review":"good"}');
  }
  raw.exec('commit');
  raw.close();
  const again = openStore(old);
  for (const id of ['log', 'other']) {
    const attributes = {};
    expect([...again.sources.interactions(id)]).toEqual([
      ...Array.from({ length: 5000 }, (_, i) => {
        const row = {
          userId: i % 3 ? 'after' : 'first',
          itemId: `i${[9, 1, 5][i % 3]}`,
          rating: i / 2,
          timestamp: null,
        };
        return { ...row, logIndex: i + 1, attributes };
      }),
      { userId: 'after', itemId: 'i5', rating: null, timestamp: 1, logIndex: 9000, attributes: { review: 'good' } },
    ]);
    expect(again.sources.itemIds(id)).toEqual(['i9', 'i1', 'i5']);
    expect([...again.sources.users(id).values()][1]).toEqual({ userId: 'after', attributes: { age: '24' } });
  }
  again.close();
});
