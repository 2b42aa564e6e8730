import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { packageRoot } from '../../src/platform/files.js';
import { importLog } from '../../src/sources/import-log.js';
import { NOW, storedUsers, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: { file: 'log.csv', columns: { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' } },
  items: { file: 'items.csv', columns: { item: 'id', title: 'name' }, attributes: { maker: 'maker' } },
  users: { file: 'users.tsv', delimiter: '\t', columns: { user: 'id' }, attributes: { age: 'age' }, missing: ['NULL'] },
};
const FILES = {
  'log.csv': 'user,item,stars,time\nu1,i1,5,100\nu2,i2,1,50\n',
  'items.csv': 'id,name,maker\ni1,"Lamp, small",Acme\ni2,Chair,""\n',
  'users.tsv': 'id\tage\nu1\t30\nu2\tNULL\n',
};

/** A folder with these files, and source.yaml when a spec is given. */
function logFolder(files: Record<string, string | Uint8Array>, spec?: unknown): string {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  if (spec) writeFileSync(join(folder, 'source.yaml'), stringify(spec));
  return folder;
}

it('reads a log by its own source.yaml', async () => {
  const { store, path } = temporaryStore();
  const source = await importLog(store, { path: logFolder(FILES, SPEC), now });
  expect(source).toMatchObject({
    id: 'shop',
    unchanged: false,
    importedAt: NOW.toISOString(),
    counts: { interactions: 2, items: 2, users: 2, rejects: 0 },
    warnings: [],
  });
  expect([...store.sources.interactions('shop')]).toEqual([
    { userId: 'u1', itemId: 'i1', rating: 5, timestamp: 100, logIndex: 2, attributes: {} },
    { userId: 'u2', itemId: 'i2', rating: 1, timestamp: 50, logIndex: 3, attributes: {} },
  ]);
  expect([...store.sources.items('shop').values()]).toEqual([
    { itemId: 'i1', title: 'Lamp, small', attributes: { maker: 'Acme' } },
    { itemId: 'i2', title: 'Chair', attributes: { maker: '' } },
  ]);
  expect(storedUsers(path)).toEqual([
    { userId: 'u1', attributes: { age: '30' } },
    { userId: 'u2', attributes: { age: '' } },
  ]);
});

it('keeps every bad row with its file, line, reason and text, and reads the others', async () => {
  const { store } = temporaryStore();
  const log = Buffer.concat([
    Buffer.from('\ufeffuser,item,stars,time\r\n'), // 1
    Buffer.from('u1,i1,5,100\r\n'), // 2
    Buffer.from('\r\n'), // 3: empty
    Buffer.from('u1,i1,5\r\n'), // 4
    Buffer.from('u1,i1,five,100\r\n'), // 5
    Buffer.from('u1,i1,5,today\r\n'), // 6
    Buffer.from(',i1,5,100\r\n'), // 7
    Buffer.from('u1, ,5,100\r\n'), // 8
    Buffer.from('u1,i9,5,100\r\n'), // 9
    Buffer.from('u1,i1,"5\r\n'), // 10: broken quote
    Buffer.from('user,item,stars,time\r\n'), // 11
    Buffer.from([0x75, 0xe9, 0x2c, 0x69, 0x31, 0x2c, 0x35, 0x2c, 0x31, 0x0d, 0x0a]), // 12
    Buffer.from('u1,i1\0,5,100\r\n'), // 13
    Buffer.from('u3,"i\r\n1",4,7\r\n'), // 14 and 15
    Buffer.from('u1,i2,2,300'), // 16, no final line end
  ]);
  const items = `${FILES['items.csv']}i1,Lamp again,Other\n"i\r\n1",Odd,x\n,nameless,x\n`;
  const users = `${FILES['users.tsv']}u1\t31\n`;
  const path = logFolder({ 'log.csv': log, 'items.csv': items, 'users.tsv': users }, SPEC);
  const source = await importLog(store, { path, now });
  expect([...store.sources.interactions('shop')].map(({ logIndex, itemId }) => [logIndex, itemId])).toEqual([
    [2, 'i1'],
    [14, 'i\r\n1'],
    [16, 'i2'],
  ]);
  const rejects = store.sources.rejects('shop').map(({ file, line, reason }) => [file, line, reason]);
  expect(rejects).toEqual([
    ['items.csv', 4, 'item is named again'],
    ['items.csv', 7, 'item is empty'],
    ['users.tsv', 4, 'user is named again'],
    ['log.csv', 4, '3 fields instead of 4'],
    ['log.csv', 5, 'rating is not a number'],
    ['log.csv', 6, 'timestamp is not a number'],
    ['log.csv', 7, 'user is empty'],
    ['log.csv', 8, 'item is empty'],
    ['log.csv', 9, 'item is not in the item file'],
    ['log.csv', 10, 'quote that is not closed'],
    ['log.csv', 11, 'the header again'],
    ['log.csv', 12, 'bytes that are not UTF-8'],
    ['log.csv', 13, 'NUL byte'],
  ]);
  expect(store.sources.rejects('shop')[4]?.text).toBe('u1,i1,five,100');
  expect(store.sources.items('shop').get('i1')?.title).toBe('Lamp, small');
  expect(source.counts).toEqual({ interactions: 3, items: 3, users: 3, rejects: 13 });
  expect(source.files.map(({ role, rows, rejects, emptyLines }) => [role, rows, rejects, emptyLines])).toEqual([
    ['interactions', 3, 10, 1],
    ['items', 3, 2, 0],
    ['users', 2, 1, 0],
  ]);
  expect(source.warnings).toEqual([
    '1 of 13 rows of log.csv (7.7 %) name an item that items.csv does not have',
    '1 users of log.csv are not in users.tsv: they are kept, without attributes',
  ]);
});

it('recognises Book-Crossing by the file names of its first publication, semicolons and latin-1 with them', async () => {
  const { store, path: file } = temporaryStore();
  const latin1 = (text: string) => Buffer.from(text, 'latin1');
  const path = logFolder({
    'BX-Book-Ratings.csv': latin1('"User-ID";"ISBN";"Book-Rating"\r\n"1";"0X";"0"\r\n"2";"0X";"8"\r\n'),
    'BX-Books.csv': latin1(
      '"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher";"Image-URL-S"\r\n' +
        '"0X";"Stra\xdfe; ein ""Roman""";"A. B.";"1999";"Verlag";"http://x"\r\n' +
        '"1X";"Der \\"Rest\\"";"A. B.";"1999";"Verlag";"http://x"\r\n',
    ),
    'BX-Users.csv': latin1('"User-ID";"Location";"Age"\r\n"1";"k\xf6ln";NULL\r\n"2";"bonn";"30"\r\n'),
  });
  const source = await importLog(store, { path, now });
  expect(source).toMatchObject({ id: 'book-crossing', counts: { interactions: 2, items: 2, users: 2, rejects: 0 } });
  expect([...store.sources.interactions('book-crossing')].map(({ rating }) => rating)).toEqual([0, 8]);
  expect(store.sources.items('book-crossing').get('0X')).toEqual({
    itemId: '0X',
    title: 'Stra\xdfe; ein "Roman"',
    attributes: { author: 'A. B.', year: '1999', publisher: 'Verlag' },
  });
  expect(storedUsers(file)[0]).toEqual({ userId: '1', attributes: { location: 'k\xf6ln', age: '' } });
});

it('does not read the same log again, and reads one again that changed in its bytes or its reading', async () => {
  const { store } = temporaryStore();
  const path = logFolder(FILES, SPEC);
  const first = await importLog(store, { path, now });
  const later = () => new Date(NOW.getTime() + 1000);
  expect(await importLog(store, { path, now: later })).toEqual({ ...first, unchanged: true });
  writeFileSync(join(path, 'log.csv'), `${FILES['log.csv']}u1,i2,3,400\n`);
  const second = await importLog(store, { path, now: later });
  expect(second).toMatchObject({ unchanged: false, counts: { interactions: 3 } });
  expect(second.hash).not.toBe(first.hash);
  const noRating = { ...SPEC, interactions: { file: 'log.csv', columns: { user: 'user', item: 'item' } } };
  writeFileSync(join(path, 'source.yaml'), stringify(noRating));
  const third = await importLog(store, { path, now: later });
  expect([third.unchanged, third.hash === second.hash]).toEqual([false, false]);
  expect([...store.sources.interactions('shop')][0]).toMatchObject({ rating: null, timestamp: null });
  writeFileSync(join(path, 'source.yaml'), stringify({ ...noRating, title: 'New title' }));
  const fourth = await importLog(store, { path, now: later });
  expect([fourth.unchanged, fourth.title, fourth.hash === third.hash]).toEqual([false, 'New title', true]);
  expect(store.sources.list()).toHaveLength(1);
});

it('makes items and users from the log when it has no other file', async () => {
  const { store, path } = temporaryStore();
  const { items: _items, users: _users, ...spec } = SPEC;
  const source = await importLog(store, { path: logFolder(FILES, spec), now });
  expect([...store.sources.items('shop').values()].map(({ title }) => title)).toEqual(['i1', 'i2']);
  expect(storedUsers(path).map(({ userId }) => userId)).toEqual(['u1', 'u2']);
  expect(source.warnings).toEqual(['the log has no item file: an item has its id as title']);
});

it('reads a file without a header by index, and lets most of the first rows say how many fields a row has', async () => {
  const { store } = temporaryStore();
  const log = 'damaged\nu1::i1::5::978300760\nu2::i1::4::978300761\nu2::i1::4\n';
  const interactions = {
    file: 'log.dat',
    delimiter: '::',
    header: false,
    quote: 'none',
    columns: { user: 0, item: 1, rating: 2, timestamp: 3 },
  };
  const path = logFolder({ 'log.dat': log }, { id: 'dat', title: 'Dat', terms: 'none', interactions });
  await importLog(store, { path, now });
  expect([...store.sources.interactions('dat')].map(({ logIndex }) => logIndex)).toEqual([2, 3]);
  expect(store.sources.rejects('dat').map(({ line, reason }) => [line, reason])).toEqual([
    [1, '1 field instead of 4'],
    [4, '3 fields instead of 4'],
  ]);
});

it('makes one attribute of flag columns, and rejects a row whose flag is neither 0 nor 1', async () => {
  const { store } = temporaryStore();
  const items = {
    file: 'items.csv',
    columns: { item: 'id', title: 'name' },
    flags: { genres: { from: 2, names: ['Drama', 'War', 'Comedy'] } },
  };
  const { users: _users, ...spec } = { ...SPEC, items };
  const rows = 'id,name,a,b,c\ni1,One,1,0,1\ni2,Two,0,0,0\ni3,Three,0,yes,0\n';
  await importLog(store, { path: logFolder({ ...FILES, 'items.csv': rows }, spec), now });
  const genres = [...store.sources.items('shop').values()].map(({ attributes }) => attributes.genres);
  expect(genres).toEqual(['Drama|Comedy', '']);
  expect(store.sources.rejects('shop').map(({ reason }) => reason)).toEqual(['a flag of genres is neither 0 nor 1']);
});

it('keeps what an interaction has of its own, and reads JSON lines and packed files beside delimited ones', async () => {
  const { store } = temporaryStore();
  const reviews =
    '{"by":"u1","about":{"id":"i1"},"stars":5.0,"text":"Bright,\\nand small","helpful":[1,20]}\n' +
    '{"by":"u2","about":{"id":"i2"},"stars":1,"text":"n/a"}\n';
  const spec = {
    ...SPEC,
    interactions: {
      file: 'reviews.json.gz',
      format: 'json-lines',
      columns: { user: 'by', item: 'about.id', rating: 'stars' },
      attributes: { review: 'text', helpful: 'helpful', given: 'stars' },
      missing: ['n/a'],
    },
  };
  const { 'log.csv': _log, ...others } = FILES;
  await importLog(store, { path: logFolder({ ...others, 'reviews.json.gz': gzipSync(reviews) }, spec), now });
  expect([...store.sources.interactions('shop')]).toEqual([
    {
      ...{ userId: 'u1', itemId: 'i1', rating: 5, timestamp: null, logIndex: 1 },
      attributes: { review: 'Bright,\nand small', helpful: '1|20', given: '5.0' },
    },
    {
      ...{ userId: 'u2', itemId: 'i2', rating: 1, timestamp: null, logIndex: 2 },
      attributes: { review: '', helpful: '', given: '1' },
    },
  ]);
});

it('reads sequences, a user and his items a line, each item an interaction in the order of the file', async () => {
  const { store } = temporaryStore();
  const interactions = { file: 'seq.txt', format: 'sequences', delimiter: ' ', columns: { user: 0, item: 1 } };
  const text = 'u1 a b a\r\n\r\nu2\r\n c\r\nu3 c  d\nu\0 x\nu4 e';
  const path = logFolder({ 'seq.txt': text }, { id: 'seq', title: 'Seq', terms: 'none', interactions });
  const source = await importLog(store, { path, now });
  const met = [...store.sources.interactions('seq')];
  expect(met.map(({ userId, itemId, logIndex }) => [userId, itemId, logIndex])).toEqual([
    ['u1', 'a', 1],
    ['u1', 'b', 2],
    ['u1', 'a', 3],
    ['u3', 'c', 5],
    ['u3', 'd', 7],
    ['u4', 'e', 8],
  ]);
  expect(met.every(({ rating, timestamp }) => rating === null && timestamp === null)).toBe(true);
  expect(store.sources.rejects('seq').map(({ line, reason }) => [line, reason])).toEqual([
    [3, 'a user without items'],
    [4, 'user is empty'],
    [5, 'item is empty'],
    [6, 'NUL byte'],
  ]);
  expect(source.files[0]).toMatchObject({ rows: 6, rejects: 4, emptyLines: 1 });
});

it('gives back any sequences that were written, item by item', async () => {
  const id = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '7'), minLength: 1, maxLength: 3 });
  const sequences = fc.array(fc.tuple(id, fc.array(id, { minLength: 1, maxLength: 5 })), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(sequences, fc.constantFrom(' ', '\t', '::'), async (written, delimiter) => {
      const { store } = temporaryStore();
      const interactions = { file: 'seq.txt', format: 'sequences', delimiter, columns: { user: 0, item: 1 } };
      const text = written.map(([user, items]) => [user, ...items].join(delimiter)).join('\n');
      const path = logFolder({ 'seq.txt': text }, { id: 'seq', title: 'Seq', terms: 'none', interactions });
      await importLog(store, { path, now });
      const met = [...store.sources.interactions('seq')].map(({ userId, itemId }) => [userId, itemId]);
      expect(met).toEqual(written.flatMap(([user, items]) => items.map((item) => [user, item])));
    }),
    { numRuns: 25 },
  );
});

it('gives a log that is read as before the hash of before, so that versions made from it stay', async () => {
  const { store } = temporaryStore();
  const source = await importLog(store, { path: join(packageRoot(), 'datasets', 'tiny'), now });
  expect(source.hash).toBe('3216661de5f730b1fb0ff194f3700cbb3b3c6e5735f9463fc7d661a39eaa24da');
});

it('warns of a file that is another one than source.yaml expects', async () => {
  const { store } = temporaryStore();
  const spec = { ...SPEC, interactions: { ...SPEC.interactions, sha256: '0'.repeat(64) } };
  const source = await importLog(store, { path: logFolder(FILES, spec), now });
  expect(source.warnings).toEqual([expect.stringMatching(/^log.csv is not the file that source.yaml expects/)]);
});

it('tells how far it is, up to the whole of all files', async () => {
  const { store } = temporaryStore();
  const log = FILES['log.csv'] + 'u1,i1,5,100\n'.repeat(100_000);
  const told = new Map<string, number[]>();
  await importLog(store, {
    path: logFolder({ ...FILES, 'log.csv': log }, SPEC),
    now,
    onProgress: ({ file, bytes, size }) => told.set(file, [...(told.get(file) ?? []), bytes / size]),
  });
  expect([...told.keys()].sort()).toEqual(['items.csv', 'log.csv', 'users.tsv']);
  expect(told.get('log.csv')?.length).toBeGreaterThan(1);
  expect(told.get('log.csv')?.at(-1)).toBe(1);
});

const change = (part: Record<string, unknown>) => ({ ...SPEC, ...part });
it.each([
  {
    case: 'a missing column, with the near one',
    spec: change({ interactions: { file: 'log.csv', columns: { user: 'user', item: 'itm' } } }),
    error: { kind: 'data', message: /no column "itm"; the header has "user", "item", "stars", "time"/, fix: /"item"/ },
  },
  {
    case: 'a wrong delimiter',
    spec: change({ interactions: { ...SPEC.interactions, delimiter: ';' } }),
    error: { kind: 'data', message: /the header has "user,item,stars,time"/, fix: /delimiter ";"/ },
  },
  {
    case: 'an index behind the last column',
    spec: change({ items: { ...SPEC.items, attributes: { colour: 7 } } }),
    error: { kind: 'data', message: /no column 7: a row has 3 fields/ },
  },
  {
    case: 'flags that go on behind the last column',
    spec: change({ items: { ...SPEC.items, flags: { genres: { from: 2, names: ['a', 'b'] } } } }),
    error: { kind: 'data', message: /no column 3/ },
  },
  {
    case: 'a missing file',
    spec: change({ users: { ...SPEC.users, file: 'people.tsv' } }),
    error: { kind: 'data', message: /no such file/, where: /people\.tsv$/ },
  },
  {
    case: 'a name where there is no header',
    spec: change({ interactions: { ...SPEC.interactions, header: false } }),
    error: { kind: 'usage', message: /has no header/ },
  },
  {
    case: 'an index where there are keys',
    spec: change({ users: { file: 'users.json', format: 'json-lines', columns: { user: 0 } } }),
    error: { kind: 'usage', message: /0 is an index, and JSON has keys/, where: /users\.columns\.user$/ },
  },
  {
    case: 'a delimiter of JSON lines',
    spec: change({ users: { ...SPEC.users, format: 'json-lines' } }),
    error: {
      kind: 'usage',
      message: /"delimiter" is for delimited files, and the format of this one is json-lines/,
      where: /users\.delimiter$/,
    },
  },
  {
    case: 'a rating in a sequence',
    spec: change({ interactions: { file: 's', format: 'sequences', columns: { user: 0, item: 1, rating: 2 } } }),
    error: { kind: 'usage', message: /a sequence is a user and items alone/, where: /interactions\.columns$/ },
  },
  {
    case: 'a header of sequences',
    spec: change({ interactions: { file: 's', format: 'sequences', header: false, columns: { user: 0, item: 1 } } }),
    error: { kind: 'usage', message: /"header" is for delimited files/ },
  },
  {
    case: 'sequences of items',
    spec: change({ items: { file: 's', format: 'sequences', columns: { item: 0, title: 1 } } }),
    error: { kind: 'usage', message: /"sequences" is not known here/ },
  },
  {
    case: 'flags of JSON lines',
    spec: change({
      users: { file: 'u', format: 'json-lines', columns: { user: 'id' }, flags: { likes: { from: 1, names: ['a'] } } },
    }),
    error: { kind: 'usage', message: /flags are columns side by side/ },
  },
  {
    case: 'a format that there is not, with the near one',
    spec: change({ users: { ...SPEC.users, format: 'json-line' } }),
    error: { kind: 'usage', message: /"json-line" is not known here/, fix: /json-lines/ },
  },
  {
    case: 'an attribute of interactions that is not there',
    spec: change({ interactions: { ...SPEC.interactions, attributes: { review: 'stras' } } }),
    error: { kind: 'data', message: /no column "stras"/, fix: /"stars"/ },
  },
  {
    case: 'an unknown key, with the near one',
    spec: change({ interactions: { ...SPEC.interactions, delimeter: ';' } }),
    error: { kind: 'usage', message: /unknown key "delimeter"/, fix: /delimiter/ },
  },
  {
    case: 'a unit that does not fit the log',
    spec: change({ interactions: { ...SPEC.interactions, timestampUnit: 'iso' } }),
    error: {
      kind: 'data',
      message: /none of the 2 rows of the log can be read: timestamp is not an ISO date/,
      where: /:2: u1/,
    },
  },
])('tells of $case, and leaves the store as it was', async ({ spec, error }) => {
  const { store } = temporaryStore();
  await importLog(store, { path: logFolder(FILES, SPEC), now });
  const before = [...store.sources.interactions('shop')];
  const { message, fix = /./, where = /./, kind } = error;
  await expect(importLog(store, { path: logFolder(FILES, spec), now })).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
    fix: expect.stringMatching(fix),
    where: expect.stringMatching(where),
  });
  expect([...store.sources.interactions('shop')]).toEqual(before);
});

it.each([
  { case: 'an empty log', log: '', message: /the file is empty/ },
  { case: 'a log of a header', log: 'user,item,stars,time\n', message: /the log has no row/ },
  { case: 'a header with the name twice', log: 'user,item,stars,time,user\n', message: /names "user" more than once/ },
  { case: 'a header that cannot be read', log: 'user,"item"x\n', message: /the header cannot be read/ },
])('refuses $case', async ({ log, message }) => {
  const { store } = temporaryStore();
  await expect(importLog(store, { path: logFolder({ ...FILES, 'log.csv': log }, SPEC), now })).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringMatching(message),
  });
  expect(store.sources.list()).toEqual([]);
});

it('says what it looked for when it cannot tell how to read a folder', async () => {
  const { store } = temporaryStore();
  const path = logFolder({ 'ratings.csv': 'a,b\n' });
  await expect(importLog(store, { path, now })).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/no source\.yaml.*ml-100k/),
    where: expect.stringContaining('ratings.csv'),
    fix: expect.stringMatching(/source\.yaml.*--spec FILE.*ratings\.csv/),
  });
  await expect(importLog(store, { path: join(path, 'none'), now })).rejects.toMatchObject({ kind: 'data' });
  await expect(importLog(store, { path: join(path, 'ratings.csv'), now })).rejects.toMatchObject({ kind: 'usage' });
});

it('takes the source.yaml that is named before any other', async () => {
  const { store } = temporaryStore();
  const path = logFolder(FILES, SPEC);
  const spec = join(temporaryFolder(), 'mine.yaml');
  writeFileSync(spec, stringify({ ...SPEC, id: 'mine' }));
  expect((await importLog(store, { path, spec, now })).id).toBe('mine');
  writeFileSync(spec, 'id: [');
  await expect(importLog(store, { path, spec, now })).rejects.toMatchObject({ kind: 'usage', where: `${spec}:1` });
});
