import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type DuckDb, quoted } from '../../src/platform/duckdb/duckdb.js';
import { ParquetFile } from '../../src/platform/duckdb/parquet-file.js';
import { takeDuckDb } from '../../src/platform/duckdb/shared-duckdb.js';
import { guessLog } from '../../src/sources/guess/guess-log.js';
import { importLog } from '../../src/sources/import-log.js';
import { NOW, storedUsers, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: {
    file: 'log.parquet',
    format: 'parquet',
    columns: { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' },
  },
};

let duckdb: DuckDb;
let giveBack: () => void;
beforeAll(() => {
  ({ duckdb, giveBack } = takeDuckDb()); // held, so that it is opened once
});
afterAll(() => giveBack());

/** A folder with source.yaml and Parquet files, each made by a statement. */
function logFolder(files: Record<string, string>, spec: unknown = SPEC, options = ''): string {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  for (const [name, select] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    duckdb.run(`copy (${select}) to ${quoted(join(folder, name))} (format parquet${options})`);
  }
  writeFileSync(join(folder, 'source.yaml'), stringify(spec));
  return folder;
}

const withAttributes = (columns: Record<string, string | number>, change: object = {}) => ({
  ...SPEC,
  interactions: { ...SPEC.interactions, attributes: columns, ...change },
});

it.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4', 'brotli'])(
  'reads a log whose pages are packed by %s, row groups of any size',
  async (codec) => {
    const { store } = temporaryStore();
    const rows =
      "select 'u' || (i % 7) as user, i % 5 as item, (i % 11) / 2.0 as stars, 1000 + i as time from range(5000) t(i)";
    const path = logFolder({ 'log.parquet': rows }, SPEC, `, compression ${codec}, row_group_size 2048`);
    const source = await importLog(store, { path, now });
    expect(source.counts).toEqual({ interactions: 5000, items: 5, users: 7, rejects: 0 });
    expect(source.files[0]).toMatchObject({
      rows: 5000,
      emptyLines: 0,
      bytes: readFileSync(join(path, 'log.parquet')).length,
    });
    const kept = [...store.sources.interactions('shop')];
    expect(kept).toEqual(
      Array.from({ length: 5000 }, (_, i) => ({
        userId: `u${i % 7}`,
        itemId: String(i % 5),
        rating: (i % 11) / 2,
        timestamp: 1000 + i,
        logIndex: i + 1, // the row's number
        attributes: {},
      })),
    );
  },
);

it('takes every type as text: numbers without a needless point, nothing for null, JSON for what is nested', async () => {
  const { store } = temporaryStore();
  const values: [string, string][] = [
    ['\'a,"b"\n\r\x1bn ü\'', 'a,"b"\n\r\x1bn ü'],
    ["''", ''],
    ['null::varchar', ''],
    ['-7::tinyint', '-7'],
    ['18446744073709551615::ubigint', '18446744073709551615'],
    ['4.0::double', '4'],
    ['0.1::float', '0.1'],
    ['1e300::double', '1e+300'],
    ["'nan'::double", ''],
    ['4.50::decimal(9, 2)', '4.50'],
    ['true', 'true'],
    ["date '2001-02-03'", '2001-02-03'],
    ["timestamp '2001-02-03 04:05:06.5'", '2001-02-03 04:05:06.5'],
    ["timestamptz '2001-02-03 04:05:06+02'", '2001-02-03 02:05:06Z'],
    ["time '10:11:12'", '10:11:12'],
    ["'abc'::blob", 'abc'],
    ["'\\xFF'::blob", '\\xFF'],
    ["uuid 'fb17fb83-ef9b-46af-8280-75530bd49f98'", 'fb17fb83-ef9b-46af-8280-75530bd49f98'],
    ["['Action', null, 'Film\nnoir']", 'Action||Film\nnoir'],
    ['[[1.0, 2.5], [3]]::double[][]', '1|2.5|3'],
    ['[]::varchar[]', ''],
    ["{'k': [1, 2], 's': 'x\ny'}", '{"k":[1,2],"s":"x\\ny"}'],
    ["[{'k': 1}]", '[{"k":1}]'],
    ["map {'k': 1}", '{"k":1}'],
    ['\'{"x": 1}\'::json', '{"x": 1}'],
  ];
  const select = `select 'u' as user, 'i' as item, 1 as stars, 5 as time, ${values.map(([value], i) => `${value} as a${i}`).join(', ')}`;
  const columns = Object.fromEntries(values.map((_, i) => [`a${i}`, `a${i}`]));
  const path = logFolder({ 'log.parquet': select }, withAttributes(columns));
  await importLog(store, { path, now });
  const [row] = [...store.sources.interactions('shop')];
  expect(Object.values(row?.attributes ?? {})).toEqual(values.map(([, text]) => text));
});

it.each([
  { type: "timestamp '2001-02-03 04:05:06.999'", seconds: 981173106 },
  { type: "timestamp_s '2001-02-03 04:05:06'", seconds: 981173106 },
  { type: "timestamp_ms '2001-02-03 04:05:06.999'", seconds: 981173106 },
  { type: "timestamp_ns '2001-02-03 04:05:06.999999999'", seconds: 981173106 },
  { type: "timestamptz '2001-02-03 04:05:06+02'", seconds: 981165906 },
  { type: "date '2001-02-03'", seconds: 981158400 },
])('makes seconds of $type whatever timestampUnit says', async ({ type, seconds }) => {
  for (const timestampUnit of ['seconds', 'milliseconds', 'microseconds', 'iso']) {
    const { store } = temporaryStore();
    const path = logFolder(
      { 'log.parquet': `select 'u' as user, 'i' as item, 1 as stars, ${type} as time` },
      withAttributes({ said: 'time' }, { timestampUnit }),
    );
    await importLog(store, { path, now });
    const [row] = [...store.sources.interactions('shop')];
    expect(row?.timestamp).toBe(seconds);
    expect(row?.attributes.said).toMatch(/^2001-02-03/); // as an attribute it is what the file says
  }
});

it('reads numbers and texts of times by timestampUnit, and refuses a pattern for a column that needs none', async () => {
  const { store } = temporaryStore();
  const times: [string, string][] = [
    ['5000::bigint', 'milliseconds'],
    ["'1970-01-01T00:00:05Z'", 'iso'],
    ["'01.01.1970 00:00:05'", 'DD.MM.YYYY HH:mm:ss'],
  ];
  for (const [time, timestampUnit] of times) {
    const rows = `select 'u' as user, 'i' as item, 1 as stars, ${time} as time`;
    await importLog(store, { path: logFolder({ 'log.parquet': rows }, withAttributes({}, { timestampUnit })), now });
    expect([...store.sources.interactions('shop')][0]?.timestamp).toBe(5);
  }
  const typed = "select 'u' as user, 'i' as item, 1 as stars, date '2001-01-01' as time";
  const path = logFolder({ 'log.parquet': typed }, withAttributes({}, { timestampUnit: 'DD.MM.YYYY' }));
  await expect(importLog(store, { path, now })).rejects.toMatchObject({
    kind: 'usage',
    fix: expect.stringContaining('leave timestampUnit out'),
  });
});

it('keeps every bad row with its number and its values as JSON', async () => {
  const { store } = temporaryStore();
  const rows = `select * from (values ('u1', 'i1', 4.5, 10), (null, 'i1', 4, 11), ('u1', '  ', 4, 12), ('u1', 'i2', null, 13),
    ('u1', 'i2', 'inf'::double, 14), ('u2', 'i2', 3, -1), ('u2', 'i3', 3, 15)) t(user, item, stars, time)`;
  const source = await importLog(store, { path: logFolder({ 'log.parquet': rows }), now });
  expect(store.sources.rejects('shop')).toEqual([
    {
      file: 'log.parquet',
      line: 2,
      offset: null,
      reason: 'user is empty',
      text: '{"user":"","item":"i1","stars":"4","time":"11"}',
    },
    {
      file: 'log.parquet',
      line: 3,
      offset: null,
      reason: 'item is empty',
      text: '{"user":"u1","item":"  ","stars":"4","time":"12"}',
    },
    {
      file: 'log.parquet',
      line: 4,
      offset: null,
      reason: 'rating is not a number',
      text: '{"user":"u1","item":"i2","stars":"","time":"13"}',
    },
    {
      file: 'log.parquet',
      line: 5,
      offset: null,
      reason: 'rating is not a number',
      text: '{"user":"u1","item":"i2","stars":"inf","time":"14"}',
    },
    {
      file: 'log.parquet',
      line: 6,
      offset: null,
      reason: 'timestamp is before 1970',
      text: '{"user":"u2","item":"i2","stars":"3","time":"-1"}',
    },
  ]);
  expect(source.files[0]).toMatchObject({ rows: 2, rejects: 5, unreadable: 5 });
  expect([...store.sources.interactions('shop')].map(({ logIndex }) => logIndex)).toEqual([1, 7]);
});

it('reads items, users and tags of Parquet, a folder of parts as one table, columns by index and inside structs', async () => {
  const { store, path: db } = temporaryStore();
  const spec = {
    ...SPEC,
    interactions: { file: 'log', format: 'parquet', columns: { user: 'user', item: 'item' } },
    items: {
      file: 'items-*.parquet',
      format: 'parquet',
      columns: { item: 0, title: 1 },
      attributes: { maker: 'about.maker' },
    },
    users: {
      file: 'users.parquet',
      format: 'parquet',
      columns: { user: 'id' },
      attributes: { age: 'age', gone: 'gone' },
      absent: 'empty',
    },
    tags: { file: 'tags.parquet', format: 'parquet', columns: { item: 'item', tag: 'tag', timestamp: 'at' } },
  };
  const path = logFolder(
    {
      'log/part-0.parquet': "select 'u1' as user, 1 as item",
      'log/part-1.parquet': "select 2 as item, 'u2' as user union all select 1, 'u2'", // another order of columns
      'items-[a].parquet': "select 1 as id, 'Lamp' as title, {'maker': 'Acme'} as about",
      'items-b.parquet': "select 2 as id, 'Chair' as title, {'maker': null} as about",
      'users.parquet': "select 'u1' as id, 30.0::double as age",
      'tags.parquet': "select 1 as item, 'old' as tag, date '1970-01-02' as at",
    },
    spec,
  );
  const source = await importLog(store, { path, now });
  expect(source.files.map(({ name, rows, before }) => [name, rows, before])).toEqual([
    ['log/part-0.parquet', 1, 0],
    ['log/part-1.parquet', 2, 1],
    ['items-[a].parquet', 1, 0],
    ['items-b.parquet', 1, 1],
    ['users.parquet', 1, 0],
    ['tags.parquet', 1, 0],
  ]);
  expect(
    [...store.sources.interactions('shop')].map(({ userId, itemId, logIndex }) => [userId, itemId, logIndex]),
  ).toEqual([
    ['u1', '1', 1],
    ['u2', '2', 2],
    ['u2', '1', 3],
  ]);
  expect([...store.sources.items('shop').values()]).toEqual([
    { itemId: '1', title: 'Lamp', attributes: { maker: 'Acme', tags: 'old', tagTimes: '86400' } },
    { itemId: '2', title: 'Chair', attributes: { maker: '', tags: '', tagTimes: '' } },
  ]);
  expect(storedUsers(db)).toEqual([
    { userId: 'u1', attributes: { age: '30', gone: '' } },
    { userId: 'u2', attributes: {} },
  ]);
});

describe('what cannot be read', () => {
  const good = { 'log.parquet': "select 'u' as user, 'i' as item, 1 as stars, 5 as time" };

  it('names the columns that there are', async () => {
    const path = logFolder(good, {
      ...SPEC,
      interactions: { ...SPEC.interactions, columns: { user: 'usr', item: 'item' } },
    });
    const failed = importLog(temporaryStore().store, { path, now });
    await expect(failed).rejects.toMatchObject({
      message: 'there is no column "usr"; the file has "user", "item", "stars", "time"',
      fix: 'did you mean "user"?',
    });
    const far = logFolder(good, { ...SPEC, interactions: { ...SPEC.interactions, columns: { user: 0, item: 4 } } });
    await expect(importLog(temporaryStore().store, { path: far, now })).rejects.toThrow(
      'there is no column 4: the file has 4',
    );
  });

  it.each([
    { case: 'no Parquet file', spoil: (path: string) => writeFileSync(path, 'user,item\nu,i\n') },
    { case: 'an empty one', spoil: (path: string) => truncateSync(path, 0) },
    { case: 'one cut short', spoil: (path: string) => truncateSync(path, 300) },
    {
      case: 'one with a damaged page',
      spoil: (path: string) => {
        const bytes = readFileSync(path);
        bytes.fill(0xff, 4, 60);
        writeFileSync(path, bytes);
      },
    },
  ])('tells of $case, and keeps what the store had', async ({ spoil }) => {
    const { store } = temporaryStore();
    const path = logFolder(good);
    await importLog(store, { path, now });
    spoil(join(path, 'log.parquet'));
    await expect(importLog(store, { path, now })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('the Parquet file cannot be read'),
      where: join(path, 'log.parquet'),
    });
    expect([...store.sources.interactions('shop')]).toHaveLength(1);
  });

  it('refuses settings of delimited files', async () => {
    for (const change of [{ delimiter: ';' }, { header: false }, { quote: 'none' }, { encoding: 'latin-1' }]) {
      const path = logFolder(good, withAttributes({}, change));
      await expect(importLog(temporaryStore().store, { path, now })).rejects.toMatchObject({ kind: 'usage' });
    }
  });
});

it('gives all rows in order for pieces of any size, and leaves none on the disk', () => {
  const folder = logFolder(
    { 'log.parquet': 'select i as user, i as item from range(3000) t(i)' },
    SPEC,
    ', row_group_size 2048',
  );
  for (const most of [1, 700, 2048, 5000]) {
    const file = new ParquetFile(join(folder, 'log.parquet'));
    const user = { ...(file.find('user') as { expression: string; type: string }), timeUnit: undefined };
    let next = 1;
    let left = '';
    for (const piece of file.pieces([user], most)) {
      expect(piece.firstRow).toBe(next);
      const lines = readFileSync(piece.path, 'utf8').split('\n').slice(0, -1);
      expect(lines).toEqual(Array.from({ length: piece.rows }, (_, i) => `${next - 1 + i},`));
      next += piece.rows;
      left = piece.path;
      if (most === 1 && next > 20) break; // a reader may stop early
    }
    if (most > 1) expect(next).toBe(3001);
    expect(() => readFileSync(left)).toThrow();
    file.close();
  }
});

it('imports the same from CSV and from Parquet, whatever the rows hold', async () => {
  const text = fc.oneof(
    fc.constantFrom('u1', 'u2', 'i1', '', ' ', 'NULL', '007'),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\x1b', 'n', 'e', '\\', "'", '|'), maxLength: 5 }),
  );
  const row = fc.record({
    user: fc.option(text),
    item: fc.option(text),
    stars: fc.option(fc.oneof(fc.integer({ min: -9, max: 99 }), fc.double({ noNaN: true, noDefaultInfinity: true }))),
    time: fc.option(fc.integer({ min: -5, max: 4_000_000_000 })),
    review: fc.option(text),
  });
  const spec = withAttributes({ review: 'review' });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
      const folder = join(temporaryFolder(), 'log');
      mkdirSync(folder);
      writeFileSync(join(folder, 'rows.jsonl'), rows.map((one) => JSON.stringify(one)).join('\n'));
      const types = "{user: 'varchar', item: 'varchar', stars: 'double', time: 'bigint', review: 'varchar'}";
      const read = `read_json(${quoted(join(folder, 'rows.jsonl'))}, format = 'newline_delimited', columns = ${types})`;
      duckdb.run(`copy (select * from ${read}) to ${quoted(join(folder, 'log.parquet'))} (format parquet)`);
      const cell = (value: unknown): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
      const csv = rows.map(({ user, item, stars, time, review }) =>
        [user, item, stars, time, review].map(cell).join(','),
      );
      writeFileSync(join(folder, 'log.csv'), `user,item,stars,time,review\n${csv.map((one) => `${one}\n`).join('')}`);
      const told = async (format: string, file: string) => {
        const { store } = temporaryStore();
        writeFileSync(
          join(folder, 'source.yaml'),
          stringify({ ...spec, interactions: { ...spec.interactions, format, file } }),
        );
        const source = await importLog(store, { path: folder, now }).catch((error: Error) => error);
        return {
          counts: source instanceof Error ? /readable|can be read/.test(source.message) : source.counts,
          rows: [...store.sources.interactions('shop')].map(({ logIndex: _, ...one }) => one),
          rejects: store.sources.rejects('shop').map(({ reason }) => reason),
        };
      };
      expect(await told('parquet', 'log.parquet')).toEqual(await told('delimited', 'log.csv'));
    }),
    { numRuns: 25 },
  );
});

it('is not read again when nothing changed', async () => {
  const { store } = temporaryStore();
  const path = logFolder({ 'log.parquet': "select 'u' as user, 'i' as item, 1 as stars, 5 as time" });
  await importLog(store, { path, now });
  copyFileSync(join(path, 'log.parquet'), join(path, 'copy.parquet'));
  expect(await importLog(store, { path, now })).toMatchObject({ unchanged: true });
});

it('guesses a Parquet file by its names and types, shows its first rows, and reads it so', async () => {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  const rows = `select 'u' || (i % 9) as user_id, i % 50 as movie_id, (i % 5 + 1)::float as rating, timestamp '2020-01-01 00:00:00' + to_days(i::int) as created_at,
    {'device': 'tv', 'place': 'x'} as context from range(300) t(i)`;
  duckdb.run(`copy (${rows}) to ${quoted(join(folder, 'watched.parquet'))} (format parquet)`);
  duckdb.run(
    `copy (select i as movie_id, 'Film ' || i as title, ['a', 'b'] as genres from range(50) t(i)) to ${quoted(join(folder, 'films.parquet'))} (format parquet)`,
  );
  const guess = guessLog(folder);
  expect(guess.spec).toMatchObject({
    interactions: {
      file: 'watched.parquet',
      format: 'parquet',
      columns: { user: 'user_id', item: 'movie_id', rating: 'rating', timestamp: 'created_at' },
      attributes: { contextDevice: 'context.device', contextPlace: 'context.place' },
    },
    items: {
      file: 'films.parquet',
      format: 'parquet',
      columns: { item: 'movie_id', title: 'title' },
      attributes: { genres: 'genres' },
    },
    label: { kind: 'rating-above', threshold: 3 },
  });
  expect(guess.tables[0]?.rows[1]).toEqual([
    ['user', 'u1'],
    ['item', '1'],
    ['rating', '2'],
    ['timestamp', '2020-01-02 00:00:00'],
    ['contextDevice', 'tv'],
    ['contextPlace', 'x'],
  ]);
  const { store } = temporaryStore();
  writeFileSync(join(folder, 'source.yaml'), guess.yaml);
  expect(await importLog(store, { path: folder, now })).toMatchObject({
    counts: { interactions: 300, items: 50, users: 9, rejects: 0 },
  });
  expect([...store.sources.interactions('log')][1]?.timestamp).toBe(Date.UTC(2020, 0, 2) / 1000);
});
