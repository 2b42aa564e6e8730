import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importLog } from '../../src/sources/import-log.js';
import { importTexts } from '../../src/sources/import-texts.js';
import type { Store } from '../../src/store/store.js';
import { keepSource, NOW, source, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const IDS = ['1', '2', 'b', 'a,"c"', '\u{1f3ac}'];
const KEY = { sourceId: 'log', of: 'item', name: 'taste' } as const;

function storeWithSource(hash = 'a'.repeat(64), ids: readonly string[] = IDS): Store {
  const { store } = temporaryStore();
  keep(store, hash, ids);
  return store;
}

function keep(store: Store, hash: string, ids: readonly string[]): void {
  keepSource(store, source('log', { hash }), {
    items: ids.map((itemId) => ({ itemId, title: itemId, attributes: {} })),
    users: [{ userId: 'u1', attributes: {} }],
  });
}

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const take = (store: Store, file: string, change: object = {}) => importTexts(store, { ...KEY, ...change, file, now });

it.each([
  { format: 'a JSON object', name: 'texts.json', content: '{\n "2": "two\\n",\n "1": "one"\n}' },
  { format: 'a JSON object in one line', name: 'texts.json', content: '{"1":"one","2":"two\\n"}\n' },
  { format: 'JSON lines', name: 'texts.jsonl', content: '{"id":1,"text":"one"}\n{"text":"two\\n","id":"2","by":"x"}' },
  {
    format: 'JSON lines by another name',
    name: 'texts.json',
    content: '{"id":"2","text":"two\\n"}\n{"id":1,"text":"one"}\n',
  },
  { format: 'CSV', name: 'texts.csv', content: '\ufeffid,text\r\n1,one\r\n2,"two\n"\r\n' },
  { format: 'CSV in another order', name: 'texts.txt', content: 'note,text,id\n,"two\n",2\n,one,1\n' },
])('reads texts from $format, packed or not, to the same texts under the same hash', async ({ name, content }) => {
  for (const file of [fileOf(name, content), fileOf(`${name}.gz`, gzipSync(content))]) {
    const store = storeWithSource();
    const set = await take(store, file);
    expect(set.counts).toEqual({ taken: 2, empty: 0, unknown: 0, rejects: 0, without: 3 });
    expect(store.texts.read(KEY)).toEqual({
      texts: new Map([
        ['1', 'one'],
        ['2', 'two\n'],
      ]),
      hash: digest(`${digest('["1","one"]')}\n${digest('["2","two\\n"]')}`),
    });
    expect(set).toMatchObject({ ...KEY, unchanged: false, importedAt: NOW.toISOString() });
  }
});

it('keeps a row that it does not take with its place and reason', async () => {
  const store = storeWithSource();
  const lines = [
    '{"id":"1","text":"one"}',
    '{"id":"2","text":" \\n"}',
    '{"id":"9","text":"nine"}',
    '{"id":"1","text":"again"}',
  ];
  const set = await take(
    store,
    fileOf('t.jsonl', [...lines, 'no json', '{"text":"whose"}', '{"id":"b","text":{}}'].join('\n')),
  );
  expect(store.texts.rejects(KEY).map(({ place, reason }) => [place, reason])).toEqual([
    ['line 2', 'text is empty'],
    ['line 3', 'item is not in the source'],
    ['line 4', 'id is named again'],
    ['line 5', 'not JSON'],
    ['line 6', 'id is empty'],
    ['line 7', 'text is neither a text nor a number, nor a list of these'],
  ]);
  expect(store.texts.rejects(KEY, 1)).toEqual([{ place: 'line 2', reason: 'text is empty', text: lines[1] }]);
  expect(set.counts).toEqual({ taken: 1, empty: 1, unknown: 1, rejects: 6, without: 4 });
  expect(store.texts.read(KEY)?.texts).toEqual(new Map([['1', 'one']]));
});

it('tells the rows of a JSON object by their ids', async () => {
  const store = storeWithSource();
  await take(store, fileOf('t.json', '{"1": "one", "2": "", "b": 7}'));
  expect(store.texts.rejects(KEY)).toEqual([
    { place: 'id "2"', reason: 'text is empty', text: '"2": ""' },
    { place: 'id "b"', reason: 'the value is not a text', text: '"b": 7' },
  ]);
});

it('reads texts of users beside those of items', async () => {
  const store = storeWithSource();
  await take(store, fileOf('t.csv', 'id,text\nu1,a user\n'), { of: 'user' });
  await take(store, fileOf('t.csv', 'id,text\n1,an item\n'));
  expect(store.texts.read({ ...KEY, of: 'user' })?.texts).toEqual(new Map([['u1', 'a user']]));
  expect(store.texts.read(KEY)?.texts).toEqual(new Map([['1', 'an item']]));
  expect(store.texts.list().map(({ of }) => of)).toEqual(['item', 'user']);
});

it('changes nothing when the same file comes again, and replaces the texts when another one comes', async () => {
  const store = storeWithSource();
  const file = fileOf('t.csv', 'id,text\n1,one\n');
  const first = await take(store, file);
  const later = { now: () => new Date(NOW.getTime() + 1000) };
  expect(await take(store, file, later)).toEqual({ ...first, unchanged: true });
  writeFileSync(file, 'id,text\n2,two\n');
  const second = await take(store, file, later);
  expect(second).toMatchObject({ unchanged: false, counts: { taken: 1 } });
  expect(second.hash).not.toBe(first.hash);
  expect([...(store.texts.read(KEY)?.texts ?? [])]).toEqual([['2', 'two']]);
  expect(store.texts.count()).toBe(1);
});

it('keeps the texts when their source is imported again, and then reads the same file for the ids that are new', async () => {
  const store = storeWithSource('a'.repeat(64), ['1']);
  const file = fileOf('t.csv', 'id,text\n1,one\n2,two\n');
  expect((await take(store, file)).counts).toMatchObject({ taken: 1, unknown: 1 });
  keep(store, 'b'.repeat(64), ['1', '2']);
  expect(store.texts.read(KEY)?.texts.size).toBe(1);
  const again = await take(store, file);
  expect(again).toMatchObject({ unchanged: false, counts: { taken: 2, unknown: 0 } });
});

it.each([
  { case: 'an empty object', name: 't.json', content: '{}', message: /has no texts/ },
  {
    case: 'unknown ids alone',
    name: 't.csv',
    content: 'id,text\n77,x\n',
    message: /none of its texts can be taken: item is not/,
  },
  {
    case: 'no columns of these names',
    name: 't.csv',
    content: 'movie,words\n1,x\n',
    message: /no column "id"/,
    fix: /"id" and "text"/,
  },
  {
    case: 'an object that ends too early',
    name: 't.json',
    content: '{"1": "one",\n',
    message: /cannot be read/,
    fix: /JSON lines/,
  },
  {
    case: 'bytes that are no text',
    name: 't.json',
    content: Buffer.from([0x7b, 0xff, 0x7d]),
    message: /cannot be read/,
  },
])('refuses a file of $case, and leaves the texts there were', async ({ name, content, message, fix = /./ }) => {
  const store = storeWithSource();
  await take(store, fileOf('good.csv', 'id,text\n1,one\n'));
  await expect(take(store, fileOf(name, content))).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringMatching(message),
    fix: expect.stringMatching(fix),
  });
  expect(store.texts.read(KEY)?.texts.size).toBe(1);
});

it('refuses texts of a source that is not there, and names those there are', async () => {
  const file = fileOf('t.csv', 'id,text\n1,one\n');
  await expect(take(storeWithSource(), file, { sourceId: 'lag' })).rejects.toMatchObject({
    kind: 'usage',
    message: 'there is no source "lag"',
    fix: 'use one of log',
  });
});

it('takes the first text of each known id, and accounts for every other row, in any format', async () => {
  const row = fc.record({
    id: fc.constantFrom(...IDS, 'unknown', ''),
    text: fc.constantFrom('', ' ', 'x', 'a "b", c\nd', '\u{1f3ac}'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), fc.boolean(), async (rows, asCsv) => {
      const all = [{ id: '1', text: 'first' }, ...rows];
      const field = (value: string) => `"${value.replaceAll('"', '""')}"`;
      const csv = ['id,text', ...all.map(({ id, text }) => `${field(id)},${field(text)}`)].join('\n');
      const lines = all.map((one) => JSON.stringify(one)).join('\n');
      const store = storeWithSource();
      const { counts } = await take(store, asCsv ? fileOf('t.csv', csv) : fileOf('t.jsonl', lines));
      const taken = new Map<string, string>();
      for (const { id, text } of all) if (IDS.includes(id) && text.trim() !== '' && !taken.has(id)) taken.set(id, text);
      expect(store.texts.read(KEY)?.texts).toEqual(taken);
      expect(counts).toEqual({
        taken: taken.size,
        empty: all.filter(({ id, text }) => IDS.includes(id) && text.trim() === '').length,
        unknown: all.filter(({ id }) => id === 'unknown').length,
        rejects: all.length - taken.size,
        without: IDS.length - taken.size,
      });
      expect(store.texts.rejects(KEY)).toHaveLength(counts.rejects);
    }),
    { numRuns: 40 },
  );
});

const DATA = join(process.env.RECTUNE_SHARED ?? '../shared', 'data');
const KNOWLEDGE = join(DATA, 'colakg-ml-1m-knowledge', 'llm_response_item.json');
it.skipIf(!existsSync(KNOWLEDGE))(
  `reads what a model wrote of the movies of MovieLens 1M${existsSync(KNOWLEDGE) ? '' : ` (skipped: no ${KNOWLEDGE})`}`,
  async () => {
    const { store } = temporaryStore();
    await importLog(store, { path: join(DATA, 'ml-1m-partial'), now });
    const which = { sourceId: 'ml-1m', of: 'item', name: 'knowledge' } as const;
    const { counts } = await importTexts(store, { ...which, file: KNOWLEDGE, now });
    expect(counts).toEqual({ taken: 3882, empty: 1, unknown: 0, rejects: 1, without: 1 });
    expect(store.texts.read(which)?.texts.get('1')).toMatch(/^"Toy Story \(1995\)" is a pioneering animated film/);
    const lengths = [...(store.texts.read(which)?.texts.values() ?? [])].map((text) => text.length);
    expect(lengths.reduce((sum, length) => sum + length, 0) / 3883).toBeCloseTo(1045, -1);
  },
);
