import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type ImportProgress, importLog } from '../../src/sources/import-log.js';
import { openStore } from '../../src/store/store.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const SPEC =
  'id: shop\ntitle: Shop\nterms: invented\ninteractions: { file: log.csv, columns: { user: user, item: item } }\n';
const ROWS = 300_000; // about 3 MB: read in several pieces

function logFolder(rows: number): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'source.yaml'), SPEC);
  const lines = Array.from({ length: rows }, (_, i) => `u${i % 700},i${i % 900}`);
  writeFileSync(join(folder, 'log.csv'), `user,item\n${lines.join('\n')}\n`);
  return folder;
}

it.each([{ mostRows: 5_000_000 }, { mostRows: 1000 }])(
  'keeps the log of before when it is stopped in the middle, with $mostRows rows in SQLite at most',
  async ({ mostRows }) => {
    const path = join(temporaryFolder(), 'studio', 'store.db');
    const store = openStore(path, { mostRows });
    await importLog(store, { path: logFolder(3), now });
    const files = () =>
      readdirSync(dirname(path), { recursive: true }).filter((name) => !/^logs$|-(wal|shm)$/.test(`${name}`));
    const before = files();
    const controller = new AbortController();
    const asked = { path: logFolder(ROWS), now, signal: controller.signal };
    const seen: number[] = [];
    const onProgress = ({ bytes }: { bytes: number }) => {
      seen.push(bytes);
      if (seen.length === 2) controller.abort();
    };
    await expect(importLog(store, { ...asked, onProgress })).rejects.toMatchObject({ kind: 'stopped' });
    expect(seen).toHaveLength(2);
    expect([...store.sources.interactions('shop')]).toHaveLength(3);
    expect(files()).toEqual(before);
    store.close();
    const again = openStore(path, { mostRows });
    expect(again.sources.find('shop')?.counts.interactions).toBe(3);
    const whole = await importLog(again, { path: asked.path, now });
    expect(whole.counts.interactions).toBe(ROWS);
    again.close();
  },
);

it.each(['hashed', 'read'] as const)(
  'tells the bytes of all files that are %s and the rows so far, and both are whole in the end',
  async (wanted) => {
    const { store } = temporaryStore();
    const folder = logFolder(ROWS);
    const told: { bytes: number; size: number; rows: number }[] = [];
    const onProgress = ({ stage, ...progress }: ImportProgress): void => {
      if (stage === wanted) told.push(progress);
    };
    await importLog(store, { path: folder, now, onProgress });
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)?.bytes).toBe(told[0]?.size);
    for (const [i, { bytes, rows }] of told.slice(1).entries()) {
      expect(bytes).toBeGreaterThan(told[i]?.bytes as number);
      expect(rows).toBeGreaterThanOrEqual(told[i]?.rows as number);
    }
  },
);

it('keeps others of the process off the store while its transaction is open', async () => {
  const { store } = temporaryStore();
  const steps = store.sources.writing('a', function* () {
    yield;
    throw new Error('never comes here');
  });
  steps.next();
  expect(() => store.runs.list()).toThrow('an import of this process');
  expect(() => store.sources.find('a')).toThrow('an import of this process');
  steps.return(undefined as never);
  expect(store.sources.find('a')).toBeUndefined();
  expect(store.runs.list()).toEqual([]);
});
