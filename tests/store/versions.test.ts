import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { MadeRow } from '../../src/core/made-row.js';
import { openStore } from '../../src/store/store.js';
import { instruction, NOW, temporaryFolder, temporaryStore, version } from './fixtures.js';

it('gives back every instruction as it was saved, by row, with its lines in order', () => {
  const { store } = temporaryStore();
  const made = [
    ...Array.from({ length: 1234 }, (_, row) => instruction(row, { historyInteractions: [9, 2, 5] })),
    instruction(0, { split: 'test', label: null, historyInteractions: [], history: [], historyLabels: [], values: [] }),
    instruction(1, { split: 'test', label: false, prompt: 'Schindler\u2019s \u{1f3ac} & "quotes"' }),
  ];
  store.versions.save(version('abc'), made, NOW);
  const hash = version('abc').hash;
  expect([...store.versions.instructions(hash, 'train'), ...store.versions.instructions(hash, 'test')]).toEqual(made);
  expect([...store.versions.instructions(hash, 'valid')]).toEqual([]);
  expect([...store.versions.instructions(hash, 'train', 3)]).toEqual(made.slice(0, 3));
  expect([...store.versions.instructions('f'.repeat(64), 'train')]).toEqual([]);
});

it('finds the newest version of a name, a hash, or a prefix of six digits', () => {
  const { store } = temporaryStore();
  store.versions.save(version('abcdef1'), [instruction(0)], NOW);
  store.versions.save(version('abcdef2'), [instruction(0)], NOW);
  store.versions.save(version('123456', { name: 'other' }), [], NOW);
  expect(store.versions.find('invented')?.hash).toBe(version('abcdef2').hash);
  expect(store.versions.find('123456')?.name).toBe('other');
  expect(store.versions.find('12345')).toBeUndefined();
  expect(store.versions.find('abcdef1')?.hash).toBe(version('abcdef1').hash);
  expect(store.versions.find(version('abcdef2').hash)?.hash).toBe(version('abcdef2').hash);
  expect(store.versions.find('no such')).toBeUndefined();
  expect(() => store.versions.find('abcdef')).toThrow(RectuneError);
});

it('leaves a known hash as it is, does not ask for its instructions, and makes it the newest of its name', () => {
  const { store } = temporaryStore();
  store.versions.save(version('aaa'), [instruction(0)], NOW);
  store.versions.save(version('bbb'), [instruction(0)], NOW);
  const untouchable = (function* () {
    yield expect.fail('the instructions were asked for');
  })();
  store.versions.save(version('aaa'), untouchable, new Date(0));
  expect(store.versions.find('invented')?.hash).toBe(version('aaa').hash);
  expect(store.versions.list().map((found) => found.hash[0])).toEqual(['a', 'b']);
  expect(store.versions.list(1)).toHaveLength(1);
});

it('keeps nothing of a version whose instructions end in an error', () => {
  const { store } = temporaryStore();
  const failing = (function* () {
    yield instruction(0);
    throw new Error('the builder failed');
  })();
  expect(() => store.versions.save(version('aaa'), failing, NOW)).toThrow('the builder failed');
  expect(store.versions.list()).toEqual([]);
});

it('keeps a version while it is made, leaves one of the same hash as it is, and nothing of one that failed', () => {
  const { store } = temporaryStore();
  const staging = join(temporaryFolder(), 'rows');
  const write = (rows: number, hash: string, fails = false) =>
    store.versions.write(staging, NOW, (add) => {
      for (let row = 0; row < rows; row++) add(new MadeRow().set(instruction(row)));
      if (fails) throw new Error('the proof failed');
      return version(hash);
    });
  write(3, 'aaa');
  write(2, 'bbb');
  write(1, 'aaa'); // what is made again of a known hash is taken back
  expect(() => write(250, 'ccc', true)).toThrow('the proof failed');
  expect(store.versions.list().map(({ hash }) => hash[0])).toEqual(['a', 'b']);
  expect([...store.versions.instructions(version('aaa').hash, 'train')].length).toBe(3);
  expect([...store.versions.instructions(version('ccc').hash, 'train')]).toEqual([]);
  expect(existsSync(staging)).toBe(false);
});

it('lets another program write while a version is made', () => {
  const { store, path } = temporaryStore();
  const other = openStore(path);
  store.versions.write(join(temporaryFolder(), 'rows'), NOW, (add) => {
    for (let row = 0; row < 500; row++) add(new MadeRow().set(instruction(row)));
    other.versions.save(version('bbb'), [instruction(0)], NOW);
    for (let row = 500; row < 1000; row++) add(new MadeRow().set(instruction(row)));
    return version('aaa');
  });
  expect([...store.versions.instructions(version('aaa').hash, 'train')].map(({ row }) => row)).toEqual(
    Array.from({ length: 1000 }, (_, row) => row),
  );
  expect([...other.versions.instructions(version('bbb').hash, 'train')]).toEqual([instruction(0)]);
  other.close();
});
