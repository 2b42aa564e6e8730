import type * as FileSystem from 'node:fs';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { RectuneError } from '../../src/core/errors.js';
import { importLog } from '../../src/sources/import-log.js';
import { openDatabase } from '../../src/store/database.js';
import { openStore, Store } from '../../src/store/store.js';
import { NOW, temporaryFolder } from '../store/fixtures.js';
import { digestOf } from './source-digest.js';

const faults = vi.hoisted(() => ({ calls: 0, failsAt: 0 }));

/** The calls by which files come to be, of which the one with a number fails as a full disk does. */
vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const failing = <Call extends (...args: never[]) => unknown>(call: Call): Call =>
    ((...args: never[]) => {
      faults.calls += 1;
      if (faults.calls !== faults.failsAt) return call(...args);
      throw Object.assign(new Error('ENOSPC: no space left on device'), {
        code: 'ENOSPC',
        errno: -28,
        syscall: 'write',
      });
    }) as Call;
  const { writeSync, fsyncSync, renameSync, mkdirSync } = real;
  return {
    ...real,
    writeSync: failing(writeSync as never),
    fsyncSync: failing(fsyncSync as never),
    renameSync: failing(renameSync as never),
    mkdirSync: failing(mkdirSync as never),
  };
});

beforeEach(() => {
  faults.failsAt = 0;
});

const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: { file: 'log.csv', columns: { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' } },
};
const MOST_ROWS = 500;
const now = () => NOW;

function logFolder(root: string, name: string, log: string): string {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, 'source.yaml'), stringify(SPEC));
  writeFileSync(join(root, name, 'log.csv'), log);
  return join(root, name);
}

const rows = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `u${(from + i) % 300},i${(from + i) % 50},3,${from + i}\n`).join('') +
  'broken\n';

/** Logs of before and after, and a studio that has the first. */
async function prepared(size: number, isGrowth: boolean, mostRows: number) {
  const root = temporaryFolder();
  const head = 'user,item,stars,time\n';
  const old = head + rows(0, size);
  const before = logFolder(root, 'before', old);
  const after = logFolder(root, 'after', isGrowth ? old + rows(size, 2 * size) : head + rows(7, 2 * size));
  const studio = join(root, 'studio');
  const store = openStore(join(studio, 'store.db'), { mostRows });
  await importLog(store, { path: before, now });
  const was = digestOf(store, 'shop');
  store.close();
  return { root, after, studio, was };
}

it.each([{ isGrowth: false }, { isGrowth: true }])(
  'the store is as it was whichever write of the file of a log fails (grown: $isGrowth)',
  async ({ isGrowth }) => {
    const { root, after, studio, was } = await prepared(600, isGrowth, MOST_ROWS);
    for (let k = 1; ; k++) {
      const copy = join(root, `copy-${k}`);
      cpSync(studio, copy, { recursive: true });
      const store = openStore(join(copy, 'store.db'), { mostRows: MOST_ROWS });
      Object.assign(faults, { calls: 0, failsAt: k });
      const failed = await importLog(store, { path: after, now }).then(
        () => undefined,
        (error: unknown) => error,
      );
      const isDone = faults.calls < k;
      faults.failsAt = 0;
      if (failed) {
        expect(failed).toBeInstanceOf(RectuneError);
        expect(failed).toMatchObject({ kind: 'data', message: expect.stringContaining('the disk is full') });
        expect(digestOf(store, 'shop')).toBe(was);
      }
      await importLog(store, { path: after, now });
      expect(digestOf(store, 'shop')).not.toBe(was);
      expect(store.sources.columns('shop').next().value?.size).toBeGreaterThan(0);
      expect(readdirSync(join(copy, 'logs'))).toHaveLength(1); // nothing is left of what failed
      store.close();
      if (!isDone) continue;
      expect(failed).toBe(undefined);
      expect(k).toBeGreaterThan(5);
      return;
    }
  },
);

it.each([{ isGrowth: false }, { isGrowth: true }])(
  'the store is as it was however early SQLite finds no more room (grown: $isGrowth)',
  async ({ isGrowth }) => {
    const { root, after, studio, was } = await prepared(3000, isGrowth, 1e6);
    const copy = join(root, 'copy');
    cpSync(studio, copy, { recursive: true });
    const database = openDatabase(join(copy, 'store.db'));
    const store = new Store(database, 1e6);
    const pages = database.pragma('page_count', { simple: true }) as number;
    let refused = 0;
    for (let more = 0; ; more++) {
      database.pragma(`max_page_count = ${pages + more}`);
      try {
        await importLog(store, { path: after, now });
        break;
      } catch (error) {
        expect(error).toMatchObject({ kind: 'data', message: 'the disk has no room for the store' });
        expect(digestOf(store, 'shop')).toBe(was);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(digestOf(store, 'shop')).not.toBe(was);
    store.close();
  },
);
