import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { importLog } from '../../src/sources/import-log.js';
import { parsePythonLiteral } from '../../src/sources/python-literal.js';
import type { Store } from '../../src/store/store.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const COLUMNS = { user: 'user', item: 'item' };

async function imported(files: Record<string, string | Uint8Array>, interactions: object, tables: object = {}) {
  const { store } = temporaryStore();
  const folder = join(temporaryFolder(), 'log');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  writeFileSync(
    join(folder, 'source.yaml'),
    stringify({ id: 'log', title: 'Log', terms: 'none', interactions, ...tables }),
  );
  return { store, source: await importLog(store, { path: folder, now }) };
}

const met = (store: Store) => [...store.sources.interactions('log')].map(({ userId, itemId }) => [userId, itemId]);
const rejects = (store: Store) =>
  store.sources.rejects('log').map(({ file, line, offset, reason }) => [file, line, offset, reason]);

it('reads UTF-16 by its byte order mark, and windows-1252, ids with leading zeros as they stand', async () => {
  const text = '\ufeffuser,item\r\n007,Ж\r\n,x\r\n010,€\r\n';
  const { store } = await imported({ 'log.csv': Buffer.from(text, 'utf16le') }, { file: 'log.csv', columns: COLUMNS });
  expect(met(store)).toEqual([
    ['007', 'Ж'],
    ['010', '€'],
  ]);
  expect(rejects(store)).toEqual([['log.csv', 3, 38, 'user is empty']]);
  const bytes = Buffer.from('user,item\n1,\x80\n', 'latin1');
  const old = await imported({ 'log.csv': bytes }, { file: 'log.csv', encoding: 'windows-1252', columns: COLUMNS });
  expect(met(old.store)).toEqual([['1', '€']]);
});

it('reads what is packed by zstd, and finds a file that is packed though source.yaml does not say so', async () => {
  const packed = Buffer.from('KLUv/QRosQAAdXNlcixpdGVtCnUxLGkxCnUyLGkyCnNKfo8=', 'base64');
  const { store, source } = await imported({ 'log.csv.zst': packed }, { file: 'log.csv', columns: COLUMNS });
  expect(met(store)).toEqual([
    ['u1', 'i1'],
    ['u2', 'i2'],
  ]);
  expect(source.files[0]).toMatchObject({ name: 'log.csv.zst', bytes: packed.length });
  const short = packed.subarray(0, 20);
  await expect(imported({ 'log.csv.zst': short }, { file: 'log.csv.zst', columns: COLUMNS })).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringMatching(/cannot be unpacked/),
  });
});

it('reads the elements of a JSON array, and loses of a broken one the first line alone', async () => {
  const text =
    '[\n{"user": "u1", "item": 7.0},\n{"user": "u2, "item": "b"},\n  {"user": "u3",\n   "item": "c"}\n, 5, {"user":"u4","item":"d"},\n' +
    '{"user": {"a": [1}, \n{"user":"u5","item":"e"}]\nrest\n';
  const { store } = await imported({ 'log.json': text }, { file: 'log.json', format: 'json', columns: COLUMNS });
  expect(met(store)).toEqual([
    ['u1', '7.0'],
    ['u3', 'c'],
    ['u4', 'd'],
    ['u5', 'e'],
  ]);
  expect(rejects(store).map(([, line, , reason]) => [line, reason])).toEqual([
    [3, 'JSON that is not closed'],
    [6, 'not a JSON object'],
    [7, 'JSON that is not closed'],
    [9, 'text behind the end of the array'],
  ]);
});

it('reads an array of one line, each element at a place of its own', async () => {
  const text = JSON.stringify([1, 2, 3].map((i) => ({ user: `u${i}`, item: 'i' })));
  const { store } = await imported({ 'log.json': text }, { file: 'log.json', format: 'json', columns: COLUMNS });
  expect([...store.sources.interactions('log')].map(({ userId, logIndex }) => [userId, logIndex])).toEqual([
    ['u1', 1],
    ['u2', 2],
    ['u3', 3],
  ]);
});

it('reads dictionaries as Python prints them, beside JSON, and evaluates nothing', async () => {
  const text =
    `{'user': 'u1', 'item': 7, 'helpful': [0, 2], 'text': "it's", 'ok': True, 'none': None}\n` +
    `{"user": "u2", "item": "b", "helpful": [], "text": "\\u00e9", "ok": false}\n` +
    `{'user': 'u3', 'item': __import__('os')}\n{'user': u'u\\xe9', 'item': (1,), 'text': 'a\\'b\\n'}\n`;
  const attributes = { helpful: 'helpful', text: 'text', ok: 'ok' };
  const { store } = await imported(
    { 'log.json': text },
    { file: 'log.json', format: 'python-lines', columns: COLUMNS, attributes },
  );
  expect([...store.sources.interactions('log')].map((row) => [row.userId, row.itemId, row.attributes])).toEqual([
    ['u1', '7', { helpful: '0|2', text: "it's", ok: 'true' }],
    ['u2', 'b', { helpful: '', text: 'é', ok: 'false' }],
    ['ué', '1', { helpful: '', text: "a'b\n", ok: '' }],
  ]);
  expect(rejects(store).map(([, line, , reason]) => [line, reason])).toEqual([
    [3, 'neither a Python dictionary nor JSON'],
  ]);
});

it('gives back any value that Python would print', () => {
  const text = fc.string({ unit: fc.constantFrom("'", '"', '\\', '\n', 'é', '\u{1f3ac}', 'a', '{', ',', '\x07') });
  const printed = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`;
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'object')
      return `{${Object.entries(value)
        .map(([key, one]) => `${printed(key)}: ${printed(one)}`)
        .join(', ')}}`;
    const escaped = String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\x07', '\\x07');
    return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
  };
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: false }),
  }));
  fc.assert(
    fc.property(value, (one) => {
      const read = parsePythonLiteral(printed(one));
      expect(JSON.parse(JSON.stringify(read?.value))).toEqual(JSON.parse(JSON.stringify(one)));
    }),
    { numRuns: 300 },
  );
});

it('makes a row of each object of a list, beside what stands around it', async () => {
  const text =
    '{"user":"u1","items":[{"id":1,"hours":2.50},{"id":2,"hours":0}]}\n{"user":"u2","items":[]}\n{"user":"u3","items":[{"id":3,"hours":1},4]}\n';
  const { store, source } = await imported(
    { 'log.json': text },
    {
      file: 'log.json',
      format: 'json-lines',
      each: 'items',
      columns: { user: 'user', item: 'items.id' },
      attributes: { hours: 'items.hours' },
    },
  );
  const rows = [...store.sources.interactions('log')];
  expect(rows.map(({ userId, itemId, logIndex, attributes }) => [userId, itemId, logIndex, attributes.hours])).toEqual([
    ['u1', '1', 1, '2.50'],
    ['u1', '2', 2, '0'],
    ['u3', '3', 3, '1'],
  ]);
  expect(source.files[0]).toMatchObject({ rows: 3, rejects: 1, emptyLines: 1 });
});

it('reads impressions in the order in which they were shown, clicked or not', async () => {
  const text = '1\tU1\t11/11/2019 9:05:58 AM\tN9\tN1-0 N2-1 N3\n2\tU2\t11/12/2019 6:11:30 PM\t\tN1-1\n';
  const { store, source } = await imported(
    { 'behaviors.tsv': text },
    {
      file: 'behaviors.tsv',
      format: 'impressions',
      delimiter: '\t',
      header: false,
      quote: 'none',
      columns: { user: 1, item: 4, timestamp: 2 },
      timestampUnit: 'MM/DD/YYYY h:mm:ss A',
      attributes: { clicked: 'clicked', position: 'position', impression: 0 },
    },
  );
  const rows = [...store.sources.interactions('log')];
  expect(
    rows.map(({ userId, itemId, logIndex, timestamp, attributes }) => [
      userId,
      itemId,
      logIndex,
      timestamp,
      attributes,
    ]),
  ).toEqual([
    ['U1', 'N1', 1, Date.UTC(2019, 10, 11, 9, 5, 58) / 1000, { clicked: '0', position: '1', impression: '1' }],
    ['U1', 'N2', 2, Date.UTC(2019, 10, 11, 9, 5, 58) / 1000, { clicked: '1', position: '2', impression: '1' }],
    ['U2', 'N1', 4, Date.UTC(2019, 10, 12, 18, 11, 30) / 1000, { clicked: '1', position: '1', impression: '2' }],
  ]);
  expect(rejects(store)).toEqual([['behaviors.tsv', 1, 0, 'an impression that does not end with -0 or -1']]);
  expect(source.files[0]).toMatchObject({ rows: 3, rejects: 1 });
});

it('reads a folder, a pattern or a list of files in a stable order, by the names of their columns, and names the file of a reject', async () => {
  const files = {
    'parts/b.csv.gz': gzipSync('item,user\ni3,u3\n,u4\n'),
    'parts/a.csv': 'user,item\nu1,i1\nu2,i2\n',
    'parts/_SUCCESS': '',
    'more/c.csv': 'user,item\nu5,i5\n',
  };
  for (const file of [['parts', 'more/c.csv'], ['parts/*.csv*', 'more'], '*/*.csv*']) {
    const { store, source } = await imported(files, { file, columns: COLUMNS });
    const expected = [['u1', 'i1'], ['u2', 'i2'], ['u3', 'i3'], ['u5', 'i5']]; // biome-ignore format: a row
    expect(met(store).sort()).toEqual(expected);
    expect(rejects(store)).toEqual([
      ['parts/b.csv.gz', 3, 16, 'user is empty'].map((one) => (one === 'user is empty' ? 'item is empty' : one)),
    ]);
    expect(new Set([...store.sources.interactions('log')].map(({ logIndex }) => logIndex)).size).toBe(4);
    expect(source.files.map(({ name, rows }) => [name, rows]).sort()).toEqual([
      ['more/c.csv', 1],
      ['parts/a.csv', 2],
      ['parts/b.csv.gz', 1],
    ]);
  }
  await expect(imported(files, { file: 'none-*.csv', columns: COLUMNS })).rejects.toMatchObject({ kind: 'data' });
});

it('tells a header by what stands below it, where source.yaml leaves it open', async () => {
  const files = { 'a.csv': 'user,item,stars\nu1,i1,5\n', 'b.csv': 'u2,i2,3\nu3,i3,1\n', 'c.csv': '0,1,2\nu4,i4,3\n' };
  const columns = { user: 0, item: 1, rating: 2 };
  const { store, source } = await imported(files, { file: '*.csv', header: 'auto', columns });
  expect(met(store).map(([user]) => user)).toEqual(['u1', 'u2', 'u3', 'u4']);
  expect(source.counts.rejects).toBe(0);
});

it('takes the clicks of a history before what was shown, once a user, and counts the others as merged', async () => {
  const { store, source } = await imported(
    { 'log.tsv': '1\tu1\t100\tN7 N8\tN1-0 N2-1\n2\tu2\t200\t\tN1-1\n3\tu1\t300\tN7 N8\tN3-1\n4\tu3\t400\tN7\t\n' },
    {
      ...{ file: 'log.tsv', format: 'impressions', delimiter: '\t', header: false, quote: 'none', history: 3 },
      columns: { user: 1, item: 4, timestamp: 2 },
      attributes: { clicked: 'clicked', position: 'position', past: 'past' },
    },
  );
  const rows = [...store.sources.interactions('log')].map(({ userId, itemId, timestamp, logIndex, attributes }) => {
    return [logIndex, userId, itemId, timestamp, attributes.clicked, attributes.position, attributes.past];
  });
  expect(rows).toEqual([
    [1, 'u1', 'N7', 100, '1', '', '1'],
    [2, 'u1', 'N8', 100, '1', '', '1'],
    [3, 'u1', 'N1', 100, '0', '1', ''],
    [4, 'u1', 'N2', 100, '1', '2', ''],
    [5, 'u2', 'N1', 200, '1', '1', ''],
    [8, 'u1', 'N3', 300, '1', '1', ''],
    [9, 'u3', 'N7', 400, '1', '', '1'],
  ]);
  expect(source.files[0]).toMatchObject({ rows: 7, merged: 2, rejects: 0, emptyLines: 0 });
  const delimited = imported({ 'log.csv': 'user,item\n' }, { file: 'log.csv', columns: COLUMNS, history: 'item' });
  await expect(delimited).rejects.toThrow('"history" is for impressions');
});

it('reads rows below the id that they belong to, file by file, and rejects those without one', async () => {
  const files = { 'a.txt': '1:\nu1,3\nu2,4\n\nx:y:\n2:\nu1,5\n', 'b.txt': 'u9,1\n3:\nu2,2\nu3,1,1\n' };
  const columns = { user: 0, item: 'section', rating: 1 };
  const { store, source } = await imported(files, {
    file: ['a.txt', 'b.txt'],
    format: 'sections',
    header: false,
    columns,
  });
  expect(met(store)).toEqual([
    ['u1', '1'],
    ['u2', '1'],
    ['u1', '2'],
    ['u2', '3'],
  ]);
  expect(rejects(store)).toEqual([
    ['a.txt', 5, 14, '1 field instead of 2'],
    ['b.txt', 1, 0, 'a row above the first section'],
    ['b.txt', 4, 13, '3 fields instead of 2'],
  ]);
  expect(source.files.map(({ emptyLines }) => emptyLines)).toEqual([3, 1]);
});

it('gives the last column what a row has too much, where source.yaml says so', async () => {
  const items = { file: 'items.csv', overflow: 'last', columns: { item: 'id', title: 'title' } };
  const log = { file: 'log.csv', columns: COLUMNS };
  const rows = '1,Home, Sweet Home\n2,"A, B"\n';
  const titles = ['Home, Sweet Home', 'A, B'];
  for (const [head, change] of [
    ['id,title\n', {}],
    ['', { header: false, columns: { item: 0, title: 1 } }],
  ] as const) {
    const files = { 'log.csv': 'user,item\nu,1\nu,2\n', 'items.csv': head + rows };
    const { store } = await imported(files, log, { items: { ...items, ...change } });
    expect([...store.sources.items('log').values()].map(({ title }) => title)).toEqual(titles);
  }
});

it('takes the year of a time that has none from source.yaml, and rejects it without', async () => {
  const files = { 'log.csv': 'user,item,at\nu,1,"Posted November 5, 2011."\nu,2,Posted June 24.\nu,3,Posted.\n' };
  const spec = { file: 'log.csv', columns: { ...COLUMNS, timestamp: 'at' }, timestampUnit: '[Posted ]MMMM D, YYYY[.]' };
  const withoutYear = { pattern: '[Posted ]MMMM D[.]', year: 2016 };
  const { store } = await imported(files, { ...spec, withoutYear });
  expect([...store.sources.interactions('log')].map(({ timestamp }) => timestamp)).toEqual([
    Date.UTC(2011, 10, 5) / 1000,
    Date.UTC(2016, 5, 24) / 1000,
  ]);
  expect(rejects(store)).toEqual([['log.csv', 4, 64, 'timestamp is not like [Posted ]MMMM D, YYYY[.]']]);
  expect((await imported(files, spec)).source.counts).toMatchObject({ interactions: 1, rejects: 2 });
  const wrong = { ...withoutYear, pattern: 'MMMM D, YYYY' };
  await expect(imported(files, { ...spec, withoutYear: wrong })).rejects.toThrow('without YYYY');
});
