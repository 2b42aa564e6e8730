import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { countPersonal } from '../../src/core/personal-data.js';
import { type ImportOptions, importLog } from '../../src/sources/import-log.js';
import { invoke } from '../cli/invoke.js';
import { NOW, storedUsers, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const COLUMNS = { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' };

function logFolder(
  files: Record<string, string>,
  spec: { interactions?: object; items?: object; label?: object } = {},
): string {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const interactions = { file: 'log.csv', columns: COLUMNS, ...spec.interactions };
  writeFileSync(
    join(folder, 'source.yaml'),
    stringify({ id: 'log', title: 'Log', terms: 'none', ...spec, interactions }),
  );
  return folder;
}

async function imported(path: string, options: Partial<ImportOptions> = {}) {
  const { store, path: file } = temporaryStore();
  return { store, file, source: await importLog(store, { path, now, ...options }) };
}

it('counts titles that are missing, doubled, over-long or pieces of web pages, and items without a row, with examples', async () => {
  const items = `item,title\n1,Lamp\n2,\n3,Lamp\n4,${'long '.repeat(50)}\n5,<span>Chair</span>\n6,Tom &amp; Jerry\n7,A < B & C\n`;
  const log = 'user,item,stars,time\nu,1,5,1\nu,9,5,2\nv,9,5,3\nv,8,5,4\n';
  const path = logFolder(
    { 'log.csv': log, 'items.csv': items },
    { items: { file: 'items.csv', columns: { item: 'item', title: 'title' } } },
  );
  const { source } = await imported(path);
  expect(source.checks).toMatchObject({
    missingTitles: { count: 1, examples: ['2'] },
    duplicateTitles: { count: 1, examples: ['3 and 1: Lamp'] },
    overLongTitles: { count: 1 },
    htmlTitles: { count: 2, examples: ['5: <span>Chair</span>', '6: Tom &amp; Jerry'] },
    danglingItems: { count: 2, examples: ['9', '8'] },
  });
  const told = await invoke(['import', path, '--studio', join(temporaryFolder(), 'studio')]);
  expect(told.stdout).toContain(
    'warning: 2 titles hold pieces of web pages, such as 5: <span>Chair</span>; 6: Tom &amp; Jerry',
  );
  expect(told.stdout).toContain('warning: 2 items are named by interactions and have no row, such as 9; 8');
});

const REPEATED = 'user,item,stars,time\nu,a,1,30\nu,a,5,10\nv,a,2,20\nu,a,3,30\nu,b,4,1\n';
it.each([
  {
    repeats: 'all',
    kept: [
      [2, 1],
      [3, 5],
      [4, 2],
      [5, 3],
      [6, 4],
    ],
  },
  {
    repeats: 'first',
    kept: [
      [3, 5],
      [4, 2],
      [6, 4],
    ],
  },
  {
    repeats: 'last',
    kept: [
      [4, 2],
      [5, 3],
      [6, 4],
    ],
  },
  {
    repeats: 'mean',
    kept: [
      [4, 2],
      [5, 3],
      [6, 4],
    ],
  },
])('keeps of repeated events $repeats, by time and then by place', async ({ repeats, kept }) => {
  const { store, source } = await imported(logFolder({ 'log.csv': REPEATED }, { interactions: { repeats } }));
  expect([...store.sources.interactions('log')].map(({ logIndex, rating }) => [logIndex, rating])).toEqual(kept);
  expect(source.files[0]).toMatchObject({ rows: kept.length, merged: 5 - kept.length });
  expect(source.counts.interactions).toBe(kept.length);
});

it('merges any repeated events as a slow count does, and loses none', async () => {
  const event = fc.record({
    user: fc.constantFrom('u', 'v'),
    item: fc.constantFrom('a', 'b'),
    stars: fc.nat(5),
    time: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('first', 'last', 'mean'),
      async (events, repeats) => {
        const text = `user,item,stars,time\n${events.map(({ user, item, stars, time }) => `${user},${item},${stars},${time}\n`).join('')}`;
        const { store, source } = await imported(logFolder({ 'log.csv': text }, { interactions: { repeats } }));
        const expected = [...new Set(events.map(({ user, item }) => `${user} ${item}`))].map((pair) => {
          const own = events.flatMap((one, i) => (`${one.user} ${one.item}` === pair ? [{ ...one, line: i + 2 }] : []));
          const ordered = own.toSorted((a, b) => a.time - b.time || a.line - b.line);
          const kept = repeats === 'first' ? ordered[0] : ordered.at(-1);
          const mean = own.reduce((sum, { stars }) => sum + stars, 0) / own.length;
          return [kept?.line, repeats === 'mean' ? mean : kept?.stars];
        });
        const met = [...store.sources.interactions('log')].map(({ logIndex, rating }) => [logIndex, rating]);
        expect(met).toEqual(expected.toSorted(([a = 0], [b = 0]) => a - b));
        expect((source.files[0]?.rows ?? 0) + (source.files[0]?.merged ?? 0)).toBe(events.length);
      },
    ),
    { numRuns: 40 },
  );
});

it('refuses a mean of ratings where there are none', async () => {
  const path = logFolder(
    { 'log.csv': REPEATED },
    { interactions: { repeats: 'mean', columns: { user: 'user', item: 'item' } } },
  );
  await expect(imported(path)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/no rating to take the mean of/),
  });
});

it('keeps nothing when more rows cannot be read than are let pass, and tells why', async () => {
  const good = Array.from({ length: 17 }, (_, i) => `u,i${i},5,1\n`).join('');
  const path = logFolder({ 'log.csv': `user,item,stars,time\n${good}u,a,five,1\nu,b,six,1\n,c,5,1\n` });
  for (const maxRejects of ['15%', '3', 'all', undefined])
    expect((await imported(path, { maxRejects })).source.counts.rejects).toBe(3);
  for (const maxRejects of ['14.9%', '2', '0']) {
    const { store } = temporaryStore();
    await expect(importLog(store, { path, now, maxRejects })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(
        /^3 of 20 rows of log.csv \(15.0 %\) cannot be read, .*: rating is not a number \(e.g. log.csv:19, byte 181\); user is empty/,
      ),
    });
    expect(store.sources.list()).toEqual([]);
  }
  const studio = join(temporaryFolder(), 'studio');
  const refused = await invoke(['import', path, '--studio', studio]); // ten of a hundred, without a word
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('--max-rejects all')]);
  const allowed = await invoke(['import', path, '--studio', studio, '--max-rejects', '20%', '--json']);
  expect(JSON.parse(allowed.stdout)).toMatchObject({ maxRejects: '20%', counts: { rejects: 3 } });
  expect((await invoke(['import', path, '--studio', studio, '--max-rejects', '1%'])).code).toBe(3); // in the store, and too many all the same
});

it('does not count rows of missing items among those that cannot be read', async () => {
  const path = logFolder(
    { 'log.csv': 'user,item,stars,time\nu,1,5,1\nu,9,5,2\nv,9,5,3\n', 'items.csv': 'item,title\n1,Lamp\n1,Again\n' },
    { items: { file: 'items.csv', columns: { item: 'item', title: 'title' } } },
  );
  expect((await imported(path, { maxRejects: '0' })).source.counts).toMatchObject({ interactions: 1, rejects: 3 });
});

it('puts the HMAC of an id in the place of a user, keeps neither the key nor the ids, and tells the key by a fingerprint', async () => {
  const folder = temporaryFolder();
  const key = join(folder, 'key');
  writeFileSync(key, 'a key that is long enough\n');
  const path = logFolder({ 'log.csv': 'user,item,stars,time\nanna,1,5,1\nbert,1,x,2\nanna,2,4,3\n' });
  const { store, file, source } = await imported(path, { pseudonymKey: readFileSync(key) });
  const hashed = createHmac('sha256', readFileSync(key)).update('anna').digest('hex');
  expect([...store.sources.interactions('log')].map(({ userId }) => userId)).toEqual([hashed, hashed]);
  expect(storedUsers(file).map(({ userId }) => userId)).toEqual([hashed]);
  expect(JSON.stringify([source, store.sources.rejects('log')])).not.toMatch(/anna|bert|long enough/);
  expect(source.pseudonyms).toEqual({
    algorithm: 'HMAC-SHA256',
    keyFingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const plain = await imported(path);
  expect(plain.source.hash).not.toBe(source.hash);
  const studio = join(folder, 'studio');
  const told = await invoke(['import', path, '--studio', studio, '--max-rejects', 'all', '--pseudonymise', key]);
  expect(told.stdout).toContain(`key ${source.pseudonyms?.keyFingerprint}`);
  writeFileSync(key, 'short');
  expect((await invoke(['import', path, '--studio', studio, '--pseudonymise', key])).code).toBe(2);
});

it('counts mails, phone numbers and streets in texts, by field', async () => {
  const reviews =
    'user,item,stars,time,review\nu,1,5,1,"Write to jo@example.org or call 555-123-4567"\nv,1,4,2,"It came to 12 Baker Street, then Hauptstraße 7."\nv,2,4,3,Fine in 2019\n';
  const { source } = await imported(
    logFolder({ 'log.csv': reviews }, { interactions: { attributes: { review: 'review' } } }),
  );
  expect(source.personal).toEqual([{ field: 'interactions.review', texts: 2, mails: 1, phones: 1, addresses: 2 }]);
});

it.each([
  ['The Matrix (1999)', undefined],
  ['10 Things I Hate About You', undefined],
  ['me@x.org', { mails: 1, phones: 0, addresses: 0 }],
  ['221 Old Kent Rd', { mails: 0, phones: 0, addresses: 1 }],
  ['+49 30 1234567', { mails: 0, phones: 1, addresses: 0 }],
])('finds in %j %j', (text, found) => expect(countPersonal(text)).toEqual(found));

it("takes the log's label rule where the recipe has none, and says so", async () => {
  const path = logFolder({ 'log.csv': REPEATED }, { label: { kind: 'rating-above', threshold: 4 } });
  const { source } = await imported(path);
  expect(source.label).toEqual({ kind: 'rating-above', threshold: 4 });
  const told = await invoke(['import', path, '--studio', join(temporaryFolder(), 'studio')]);
  expect(told.stdout).toContain('liked: rating above 4 (for recipes that say nothing else)');
});
