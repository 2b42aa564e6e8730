import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { Interaction } from '../../src/core/interaction.js';
import { ColumnsBuffer } from '../../src/core/log-columns.js';
import { openStore, type Store } from '../../src/store/store.js';
import { keepSource, source, temporaryFolder, temporaryStore } from './fixtures.js';

const USERS = ['u1', 'u2', 'u3'];
const ITEMS = ['i1', 'i2'];
const anyLog: fc.Arbitrary<Interaction[]> = fc
  .array(
    fc.record({
      userId: fc.constantFrom(...USERS),
      itemId: fc.constantFrom(...ITEMS),
      rating: fc.option(fc.double({ noNaN: true }).map((rating) => rating + 0)), // -0 is kept as 0
      timestamp: fc.option(fc.nat()),
      attributes: fc.oneof(fc.constant({}), fc.dictionary(fc.constantFrom('review', 'verified'), fc.string())),
      step: fc.constantFrom(1, 1, 1, 7),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    let logIndex = 0;
    return rows.map(({ step, ...row }) => {
      logIndex += step;
      return { ...row, logIndex };
    });
  });

/** A store that keeps logs of more than 3 interactions in files, and the folder of these. */
function smallStore(path = join(temporaryFolder(), 'store.db')): { store: Store; logs: string; path: string } {
  const store = openStore(path, { mostRows: 3 });
  onTestFinished(() => store.close());
  return { store, logs: join(dirname(path), 'logs'), path };
}

function keep(store: Store, id: string, interactions: Iterable<Interaction>, hash = 'a'): void {
  const items = ITEMS.map((itemId) => ({ itemId, title: `Title ${itemId}`, attributes: {} }));
  const users = USERS.map((userId) => ({ userId, attributes: {} }));
  keepSource(store, source(id, { hash: hash.repeat(64) }), { interactions, items, users });
}

const lines = (count: number, begin = 1): Interaction[] =>
  Array.from({ length: count }, (_, i) => ({
    userId: 'u1',
    itemId: 'i2',
    rating: i,
    timestamp: null,
    logIndex: begin + i,
    attributes: {},
  }));
const filesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

it('gives the same of a log whether it lies in SQLite or in a file beside it', () => {
  const { store: plain } = temporaryStore();
  const { store: small, logs } = smallStore();
  fc.assert(
    fc.property(anyLog, fc.array(fc.nat(60)), (log, asked) => {
      for (const store of [plain, small]) keep(store, 'log', log);
      expect(filesIn(logs)).toHaveLength(log.length > 3 ? 1 : 0);
      const [one, other] = [plain, small].map(({ sources, lineage }) => ({
        interactions: [...sources.interactions('log')],
        columns: [...sources.columns('log')],
        at: sources.interactionsAt('log', asked),
        line: asked.map((line) => lineage.line('log', line)),
        attributes: sources.attributeNames('log'),
      }));
      expect(one?.interactions).toEqual(log);
      expect(other).toEqual(one);
    }),
    { numRuns: 40 },
  );
});

it('removes the file of a log when another import takes its place, and leaves those of other logs', () => {
  const { store, logs } = smallStore();
  keep(store, 'a', lines(9));
  const [first] = filesIn(logs);
  keep(store, 'b', lines(5));
  expect(filesIn(logs)).toHaveLength(2);
  keep(store, 'a', lines(7));
  expect(filesIn(logs)).toHaveLength(2);
  expect(filesIn(logs)).not.toContain(first); // never written over: it may have been read
  expect([...store.sources.interactions('a')]).toEqual(lines(7));
  keep(store, 'a', lines(2)); // few enough for SQLite
  expect(filesIn(logs)).toHaveLength(1);
  expect([...store.sources.interactions('b')]).toEqual(lines(5));
});

it('goes on with the file that it began to read while another import takes its place', () => {
  const { store } = smallStore();
  keep(store, 'log', lines(9));
  const reading = store.sources.interactions('log');
  expect(reading.next().value).toEqual(lines(9)[0]);
  keep(store, 'log', lines(4));
  expect([...reading]).toEqual(lines(9).slice(1));
  expect([...store.sources.interactions('log')]).toEqual(lines(4));
});

it('reads a log in SQLite as it was when it began, or says that another import took it away', () => {
  const { store } = temporaryStore();
  const begin = (id: string) => {
    const reading = store.sources.columns(id);
    return { first: reading.next().value?.size, reading };
  };
  keep(store, 'log', lines(5000));
  const { first, reading } = begin('log');
  const grow = store.sources.growing('log', function* (writer) {
    yield;
    const buffer = new ColumnsBuffer(3000);
    for (let line = 5001; line <= 8000; line++) buffer.add(0, 0, 1, Number.NaN, line);
    writer.columns(buffer.take());
    return source('log');
  });
  for (const _step of grow);
  expect([first, [...reading].map(({ size }) => size)]).toEqual([4096, [5000 - 4096]]);
  expect(store.sources.rowCount('log')).toBe(8000);
  const lost = begin('log');
  keep(store, 'log', lines(10));
  expect(() => [...lost.reading]).toThrow('the log was imported again while it was read');
});

it('keeps the old log, and no other file, when an import fails', () => {
  const { store, logs } = smallStore();
  keep(store, 'log', lines(9));
  const before = filesIn(logs);
  const failing = function* () {
    yield* lines(300);
    throw new Error('the reader failed');
  };
  expect(() => keep(store, 'log', failing())).toThrow('the reader failed');
  expect(filesIn(logs)).toEqual(before);
  expect([...store.sources.interactions('log')]).toEqual(lines(9));
});

it('removes what killed imports left, and nothing that is not of its making', () => {
  const { store, logs } = smallStore();
  keep(store, 'log', lines(9));
  mkdirSync(logs, { recursive: true });
  const left = ['.log.parquet.4711.tmp', `${'c'.repeat(16)}.parquet`, `${'a'.repeat(16)}-7.parquet`];
  for (const name of [...left, 'notes.txt']) writeFileSync(join(logs, name), 'x');
  keep(store, 'other', lines(2));
  expect(filesIn(logs)).toEqual([`${'a'.repeat(16)}.parquet`, 'notes.txt']);
});

it('knows that a log is lost when its file is gone or damaged, and says what to do', () => {
  const { store, logs } = smallStore();
  for (const id of ['gone', 'damaged', 'whole']) keep(store, id, lines(9));
  keep(store, 'few', lines(2));
  const [gone, damaged] = filesIn(logs) as [string, string, string];
  rmSync(join(logs, gone));
  writeFileSync(join(logs, damaged), 'PAR1');
  const lost = ['gone', 'damaged', 'whole', 'few', 'none'].filter((id) => store.sources.isLost(id));
  expect(lost.sort()).toHaveLength(2);
  for (const id of lost) {
    const told = { kind: 'data', fix: expect.stringContaining('import the log again') };
    expect(() => [...store.sources.interactions(id)]).toThrow(expect.objectContaining(told));
    keep(store, id, lines(9));
    expect([...store.sources.interactions(id)]).toEqual(lines(9));
  }
});
