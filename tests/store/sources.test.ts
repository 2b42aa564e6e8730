import SQLite from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Interaction } from '../../src/core/interaction.js';
import { keepSource, source, storedUsers, temporaryStore } from './fixtures.js';

const interaction = (logIndex: number, change: Partial<Interaction> = {}): Interaction => ({
  userId: 'u1',
  itemId: 'i1',
  rating: 4,
  timestamp: 881250949,
  logIndex,
  attributes: {},
  ...change,
});
const ROWS = {
  items: [
    { itemId: 'i2', title: 'Second "quoted" & é', attributes: { genres: 'Drama|War' } },
    { itemId: 'i1', title: '', attributes: {} },
  ],
  users: [{ userId: 'u1', attributes: { age: '24' } }],
  rejects: [
    { file: 'log.csv', line: 7, offset: 31, reason: 'rating is not a number', text: 'u1,i1,x' },
    { file: 'log.csv', line: 9, offset: null, reason: 'NUL byte', text: 'u1,\0' },
    { file: 'log.csv', line: 11, offset: 99, reason: 'rating is not a number', text: 'u1,i1,' },
  ],
};

it('gives back any interactions as they came, in columns and one by one', () => {
  const { store } = temporaryStore();
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 5000 }), { maxLength: 300 }),
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      fc.option(fc.nat()),
      (lines, rating, timestamp) => {
        const one = { rating: rating === 0 ? 0 : rating, timestamp }; // -0 is kept as 0
        const interactions = lines.toSorted((a, b) => a - b).map((line) => interaction(line, one));
        keepSource(store, source('log'), { ...ROWS, interactions });
        expect([...store.sources.interactions('log')]).toEqual(interactions);
      },
    ),
    { numRuns: 30 },
  );
});

it('gives back the attributes of interactions, and keeps nothing for those that have none', () => {
  const { store, path } = temporaryStore();
  const interactions = [
    interaction(1),
    interaction(2, { attributes: { review: 'So "good" & \u{1f3ac}\n', verified: '' } }),
    interaction(3, { attributes: {} }),
  ];
  keepSource(store, source('log'), { ...ROWS, interactions });
  expect([...store.sources.interactions('log')]).toEqual(interactions);
  const raw = new SQLite(path, { readonly: true });
  expect(raw.prepare('select log_index from interaction_attributes').pluck().all()).toEqual([2]);
  expect(store.sources.attributeNames('log')).toEqual(['review', 'verified']);
  expect(store.sources.attributesAt('log', [1, 2, 9])).toEqual(new Map([[2, interactions[1]?.attributes]]));
  raw.close();
});

it('gives back items and users in file order and rejects in the order they came', () => {
  const { store, path } = temporaryStore();
  keepSource(store, source('log'), { ...ROWS, interactions: [interaction(1)] });
  expect([...store.sources.items('log').values()]).toEqual(ROWS.items);
  expect([...store.sources.items('log').keys()]).toEqual(['i2', 'i1']);
  expect(storedUsers(path)).toEqual(ROWS.users);
  expect(store.sources.rejects('log')).toEqual(ROWS.rejects);
  expect(store.sources.rejects('log', 1)).toEqual(ROWS.rejects.slice(0, 1));
  expect(store.sources.rejectReasons('log').reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS.rejects.length);
  expect(store.sources.list()).toEqual([source('log')]);
});

it('gives those users alone of whom something is known, where nobody asks for the others', () => {
  const { store } = temporaryStore();
  const users = [...ROWS.users, { userId: 'u2', attributes: {} }];
  keepSource(store, source('log'), { ...ROWS, users, interactions: [] });
  expect([...store.sources.describedUsers('log').values()]).toEqual(ROWS.users);
  expect([...store.sources.users('log').values()]).toEqual(users);
});

it('finds the lines of a log that has holes, and none in the holes', () => {
  const { store } = temporaryStore();
  const interactions = Array.from({ length: 9000 }, (_, i) => interaction(3 * i + 2, { rating: i, timestamp: null }));
  keepSource(store, source('log'), { ...ROWS, interactions });
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 28_000 }), { maxLength: 5 }), (lines) => {
      const there = lines.filter((line) => line % 3 === 2 && line <= 26_999);
      const expected = there.map((line) => [line, interactions[(line - 2) / 3]] as const);
      expect(store.sources.interactionsAt('log', lines)).toEqual(new Map(expected));
    }),
  );
});

it('numbers users and items from 0 in the order in which they came', () => {
  const { store } = temporaryStore();
  const users = ['u1', 'u9', 'u0'].map((userId) => ({ userId, attributes: {} }));
  const interactions = [interaction(1, { userId: 'u0' }), interaction(2, { itemId: 'i2' })];
  keepSource(store, source('log'), { items: ROWS.items, users, interactions });
  expect([store.sources.userIds('log'), store.sources.itemIds('log')]).toEqual([
    ['u1', 'u9', 'u0'],
    ['i2', 'i1'],
  ]);
  const rows = [...store.sources.columns('log')].map(({ users, items }) => [[...users], [...items]]);
  expect(rows).toEqual([
    [
      [2, 0],
      [1, 0],
    ],
  ]);
});

it('has nothing of a source that is not there', () => {
  const { store } = temporaryStore();
  expect(store.sources.find('none')).toBeUndefined();
  expect([...store.sources.interactions('none')]).toEqual([]);
  expect(store.sources.items('none').size).toBe(0);
  expect(store.sources.rejects('none')).toEqual([]);
});

it('replaces a source and all its rows, and no other source', () => {
  const { store } = temporaryStore();
  keepSource(store, source('a'), { ...ROWS, interactions: [interaction(1), interaction(2)] });
  keepSource(store, source('b'), { ...ROWS, interactions: [interaction(5)] });
  keepSource(store, source('a', { title: 'again' }), { ...ROWS, rejects: [], interactions: [interaction(3)] });
  expect([...store.sources.interactions('a')].map((row) => row.logIndex)).toEqual([3]);
  expect([...store.sources.interactions('b')].map((row) => row.logIndex)).toEqual([5]);
  expect(store.sources.rejects('a')).toEqual([]);
  expect(store.sources.list().map((found) => found.title)).toEqual(['again', 'Invented log']);
  expect(store.sources.list(1)).toHaveLength(1);
});

it('lists sources newest import first, whatever their names, and counts them all', () => {
  const { store } = temporaryStore();
  const bring = (id: string) => keepSource(store, source(id), ROWS);
  const ids = (limit?: number) => store.sources.list(limit).map(({ id }) => id);
  for (const id of ['b', 'c', 'a']) bring(id);
  expect(ids()).toEqual(['a', 'c', 'b']);
  bring('b');
  expect(ids()).toEqual(['b', 'a', 'c']);
  expect(ids(1)).toEqual(['b']);
  expect(store.sources.count()).toBe(3);
});

it('keeps the old rows when the new ones end in an error', () => {
  const { store } = temporaryStore();
  keepSource(store, source('log'), { ...ROWS, interactions: [interaction(1)] });
  const failing = (function* () {
    yield interaction(2);
    throw new Error('the reader failed');
  })();
  expect(() => keepSource(store, source('log'), { ...ROWS, interactions: failing })).toThrow('the reader failed');
  expect([...store.sources.interactions('log')]).toEqual([interaction(1)]);
});

it.each([
  {
    case: 'an item that was not handed over',
    row: interaction(1, { itemId: 'none' }),
    error: 'line 1 names item 2 of 2',
  },
  {
    case: 'a user that was not handed over',
    row: interaction(1, { userId: 'none' }),
    error: 'line 1 names user 1 of 1',
  },
  {
    case: 'half a second',
    row: interaction(1, { timestamp: 1.5 }),
    error: 'line 1 has the time 1.5',
  },
  { case: 'a time before 1970', row: interaction(1, { timestamp: -1 }), error: 'line 1 has the time -1' },
  { case: 'a line that came before', row: interaction(0), error: 'line 0 comes after line 0' },
])('refuses $case', ({ row, error }) => {
  const { store } = temporaryStore();
  const interactions = [interaction(0), row];
  expect(() => keepSource(store, source('log'), { ...ROWS, interactions })).toThrow(error);
  expect(store.sources.list()).toEqual([]);
});

it('allows to write while interactions are being read', () => {
  const { store } = temporaryStore();
  const interactions = Array.from({ length: 9500 }, (_, index) => interaction(index + 1));
  keepSource(store, source('log'), { ...ROWS, interactions });
  let seen = 0;
  for (const row of store.sources.interactions('log')) {
    if (row.logIndex === 10) keepSource(store, source('other'), { ...ROWS, interactions: [interaction(1)] });
    seen += 1;
  }
  expect(seen).toBe(9500);
});

it('keeps file counts in columns, for questions over all sources', () => {
  const { store, path } = temporaryStore();
  keepSource(store, source('log'), { ...ROWS, interactions: [] });
  const raw = new SQLite(path, { readonly: true });
  const files = raw.prepare('select role, name, row_count, reject_count, empty_lines from source_files').raw().all();
  raw.close();
  expect(files).toEqual([
    ['interactions', 'log.csv', 2, 1, 0],
    ['items', 'items.csv', 2, 0, 1],
  ]);
});
