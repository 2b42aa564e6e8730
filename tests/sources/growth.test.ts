import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SourceSpec } from '../../src/core/source-spec.js';
import { type ImportOptions, importLog } from '../../src/sources/import-log.js';
import { openStore, type Store } from '../../src/store/store.js';
import { NOW, temporaryFolder } from '../store/fixtures.js';

type Files = Record<string, string | Uint8Array>;

const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: { file: 'log.csv', columns: { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' } },
};
const HEAD = 'user,item,stars,time\n';

function folderOf(files: Files, spec: object = SPEC): string {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  writeFileSync(join(folder, 'source.yaml'), stringify(spec));
  write(folder, files);
  return folder;
}

function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/** mostRows  that SQLite keeps; more lie in a file */
function newStore(mostRows = 1000): Store {
  return openStore(join(temporaryFolder(), 'store.db'), { mostRows });
}

async function imported(store: Store, path: string, options: Partial<ImportOptions> = {}) {
  return importLog(store, { path, now: () => NOW, ...options });
}

/** All that the store knows of a source, beside the folder that it came from. */
function everything(store: Store, id = 'shop') {
  const { path: _path, id: _id, ...source } = { ...store.sources.find(id) };
  return {
    source,
    interactions: [...store.sources.interactions(id)],
    users: [...store.sources.users(id).values()],
    items: [...store.sources.items(id).values()],
    rejects: store.sources.rejects(id),
  };
}

/** Imports files, then those that they grew to, and compares with an import of these alone. Returns how many rows were added, undefined if all were read. */
async function grows(
  before: Files,
  after: Files,
  spec: object = SPEC,
  mostRows = 1000,
  options: Partial<ImportOptions> = {},
) {
  const folder = folderOf(before, spec);
  const store = newStore(mostRows);
  await imported(store, folder, options);
  write(folder, after);
  const { added, unchanged } = await imported(store, folder, options);
  expect(unchanged).toBe(false);
  const fresh = newStore(mostRows);
  await imported(fresh, folder, options);
  expect(everything(store)).toEqual(everything(fresh));
  expect(await imported(store, folder, options)).toMatchObject({ unchanged: true });
  return added;
}

const rows = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `u${(from + i) % 7},i${(from + i) % 11},${(i % 5) + 1},${from + i}\n`,
  ).join('');

it.each([
  { case: 'kept in SQLite', mostRows: 1e6, size: 5000 },
  { case: 'that fill a block of SQLite', mostRows: 1e6, size: 4096 },
  { case: 'kept in a file', mostRows: 100, size: 5000 },
  { case: 'that become too many for SQLite', mostRows: 5005, size: 5000 },
])('adds the new rows of a file to those $case', async ({ mostRows, size }) => {
  const before = HEAD + rows(0, size);
  expect(await grows({ 'log.csv': before }, { 'log.csv': before + rows(size, size + 12) }, SPEC, mostRows)).toBe(12);
});

it('adds files that came behind those that there were, and what the last of these grew by', async () => {
  const spec = { ...SPEC, interactions: { ...SPEC.interactions, file: 'log-*.csv' } };
  const before = { 'log-1.csv': HEAD + rows(0, 5), 'log-2.csv': HEAD + rows(5, 9) };
  expect(await grows(before, { 'log-3.csv': HEAD + rows(9, 12) }, spec)).toBe(3);
  expect(await grows(before, { 'log-3.csv': `time,user,item,stars\n7,u,i,1\n` }, spec)).toBe(1); // columns in another order
  const grown = `${before['log-2.csv']}u9,i9,1,9\nu9\n`;
  expect(await grows(before, { 'log-2.csv': grown, 'log-3.csv': HEAD + rows(9, 12) }, spec)).toBe(4);
  const json = {
    ...SPEC,
    interactions: { file: 'log-*.jsonl', format: 'json-lines', columns: { user: 'u', item: 'i' } },
  };
  const line = (u: string): string => `${JSON.stringify({ u, i: 'i' })}\n`;
  expect(await grows({ 'log-1.jsonl': line('a') }, { 'log-2.jsonl': line('b') + line('a') }, json)).toBe(2);
});

it('knows users, items, pseudonyms, warnings, checks and personal texts as if all were read', async () => {
  const spec = {
    ...SPEC,
    interactions: { ...SPEC.interactions, attributes: { review: 'review' } },
    items: { file: 'items.csv', columns: { item: 'id', title: 'name' } },
    users: { file: 'users.csv', columns: { user: 'id' }, attributes: { age: 'age' } },
  };
  const side = { 'items.csv': 'id,name\ni1,Lamp\ni2,\ni3,Lamp\n', 'users.csv': 'id,age\nu1,30\n' };
  const head = 'user,item,stars,time,review\n';
  const old = `${head}u1,i1,5,1,write to a@example.org\nu2,i1,4,2,fine\nu1,i2,3,3,ok\n`;
  for (const pseudonymKey of [undefined, Buffer.from('0123456789abcdef')]) {
    const options = { pseudonymKey };
    const more = `${old}u3,i3,1,5,mail b@example.org or 0171 2345678\nu1,i2,1,6,\nu2,i1,x,7,\n`;
    expect(await grows({ ...side, 'log.csv': old }, { 'log.csv': more }, spec, 1000, options)).toBe(2);
    const lacking = `${old}u3,i9,1,5,\nu4,i9,1,5,\nu3,i1,1,5,\n`; // the first that lack their item
    expect(await grows({ ...side, 'log.csv': old }, { 'log.csv': lacking }, spec, 1000, options)).toBe(1);
    const again = `${lacking}u3,i9,1,5,\n`; // is it one of those? Only reading all can tell
    expect(await grows({ ...side, 'log.csv': lacking }, { 'log.csv': again }, spec, 1000, options)).toBe(undefined);
    expect(
      await grows({ ...side, 'log.csv': lacking }, { 'log.csv': `${lacking}u1,i1,1,9,\n` }, spec, 1000, options),
    ).toBe(1);
  }
});

it('reads all where what came may change what was read', async () => {
  const all = async (before: Files, after: Files, spec: object = SPEC) =>
    expect(await grows(before, after, spec)).toBe(undefined);
  const old = HEAD + rows(0, 5);
  await all({ 'log.csv': old.slice(0, -1) }, { 'log.csv': `${old.slice(0, -1)}9\n` }); // the last line was not whole
  await all({ 'log.csv': `${old}"u,i,1,1\n` }, { 'log.csv': `${old}"u,i,1,1\n",i,1,1\n` }); // the quote is closed now
  await all({ 'log.csv': old }, { 'log.csv': `${old.replace('u1', 'u8')}u,i,1,1\n` }); // another begin
  await all({ 'log.csv': old }, { 'log.csv': HEAD + rows(0, 3) }); // shorter
  const headless = { ...SPEC, interactions: { file: 'log.csv', header: false, columns: { user: 0, item: 1 } } };
  await all({ 'log.csv': 'a,b\nc,d\n' }, { 'log.csv': 'a,b\nc,d\n1,2,3\n1,2,3\n1,2,3\n' }, headless); // another width
  const repeats = { ...SPEC, interactions: { ...SPEC.interactions, repeats: 'last' } };
  await all({ 'log.csv': old }, { 'log.csv': `${old}u0,i0,1,999\n` }, repeats);
  const items = { ...SPEC, items: { file: 'items.csv', columns: { item: 'id', title: 'name' } } };
  const side = { 'items.csv': 'id,name\ni0,A\ni1,B\n' };
  await all(
    { 'log.csv': old, ...side },
    { 'log.csv': old + rows(5, 9), 'items.csv': `${side['items.csv']}i2,C\n` },
    items,
  );
  const parts = { ...SPEC, interactions: { ...SPEC.interactions, file: 'log-*.csv' } };
  await all({ 'log-1.csv': `${old}u,i,x,1\n` }, { 'log-2.csv': old }, parts); // where the rows of the next begin is not kept
  await all({ 'log-2.csv': old }, { 'log-1.csv': old }, parts); // before it
  const packed = { ...SPEC, interactions: { ...SPEC.interactions, file: 'log.csv.gz' } };
  const gz = gzipSync(old);
  await all({ 'log.csv.gz': gz }, { 'log.csv.gz': Buffer.concat([gz, gzipSync('u,i,1,1\n')]) }, packed);
});

it('reads all when source.yaml reads it otherwise, and keeps what there was when the new rows cannot be read', async () => {
  const folder = folderOf({ 'log.csv': HEAD + rows(0, 20) });
  const store = newStore();
  await imported(store, folder);
  const before = everything(store);
  appendFileSync(join(folder, 'log.csv'), 'u\n'.repeat(30));
  await expect(imported(store, folder, { maxRejects: '10%' })).rejects.toThrow('30 of 50 rows of log.csv');
  expect(everything(store)).toEqual(before);
  expect(await imported(store, folder)).toMatchObject({ added: 0, counts: { interactions: 20, rejects: 30 } });
  writeFileSync(
    join(folder, 'source.yaml'),
    stringify({ ...SPEC, interactions: { ...SPEC.interactions, columns: { user: 'user', item: 'item' } } }),
  );
  appendFileSync(join(folder, 'log.csv'), 'u,i,1,1\n');
  const again = await imported(store, folder);
  expect(again).toMatchObject({ counts: { interactions: 21 } });
  expect(again.added).toBe(undefined);
});

it('gives of a log that grew step by step what reading it whole gives, whatever stands in it', async () => {
  const field = fc.oneof(
    fc.constantFrom('u1', 'u2', 'i1', 'i2', '5', '3', '100', '', ' ', '"', '"a', 'a"', '"a,b"', '"a\n1"', 'é', '\0'),
    fc.nat(9).map(String),
  );
  const line = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('u1', 'u2', 'u3', 'ü'), fc.constantFrom('i1', 'i2', 'i9'), fc.nat(5), fc.nat(99))
        .map((all) => all.join(',')),
    },
    { weight: 1, arbitrary: fc.array(field, { minLength: 1, maxLength: 5 }).map((all) => all.join(',')) },
    { weight: 1, arbitrary: fc.constantFrom('', 'user,item,stars,time', '"') },
  );
  const chunk = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\n', '\r\n'))
    .map(([all, end]) => all.map((one) => one + end).join(''));
  const spec = fc.record({
    header: fc.constantFrom(true, false, 'auto'),
    hasItems: fc.boolean(),
    quote: fc.constantFrom('"', '"', 'none'),
    cut: fc.boolean(), // whether the first part may end within a line
  });
  const [inFiles, inSqlite] = [newStore(3), newStore()];
  let [fast, runs] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { minLength: 2, maxLength: 4 }),
      spec,
      fc.constantFrom(3, 1000),
      async (chunks, { header, hasItems, quote, cut }, mostRows) => {
        const columns = header === true ? SPEC.interactions.columns : { user: 0, item: 1, rating: 2, timestamp: 3 };
        const yaml = {
          ...SPEC,
          interactions: {
            file: 'log.csv',
            columns,
            header,
            quote,
            attributes: header === true ? { said: 'item' } : { said: 1 },
          },
          ...(hasItems && { items: { file: 'items.csv', columns: { item: 'id', title: 'name' } } }),
        };
        const first = `${HEAD}u1,i1,5,1\n${header === true ? '' : rows(0, 120).replaceAll('i3', 'i1')}`;
        const folder = folderOf({ 'log.csv': '', 'items.csv': 'id,name\ni1,Lamp\ni2,Chair\n' }, yaml);
        const store = mostRows === 3 ? inFiles : inSqlite;
        runs += 1;
        let text = first;
        for (const [at, one] of ['', ...chunks].entries()) {
          text += one;
          write(folder, { 'log.csv': cut && at === 1 ? text.slice(0, -1) : text });
          const read = async (id: string) => {
            const spec = SourceSpec.parse({ ...yaml, id });
            return imported(store, folder, { found: { folder, spec, specPath: 'source.yaml' } });
          };
          const { added } = await read(`grown-${runs}`);
          if (added !== undefined) fast += 1;
          await read(`fresh-${runs}-${at}`);
          expect(everything(store, `grown-${runs}`)).toEqual(everything(store, `fresh-${runs}-${at}`));
        }
      },
    ),
    { numRuns: 25 },
  );
  expect(fast).toBeGreaterThan(20);
});
