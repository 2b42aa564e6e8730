import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findLog } from '../../src/sources/find-spec.js';
import { guessLog } from '../../src/sources/guess/guess-log.js';
import { importLog } from '../../src/sources/import-log.js';
import { writeRecbole } from '../../src/sources/write-recbole.js';
import { invoke } from '../cli/invoke.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const now = () => NOW;
const T = 1_600_000_000;
const many = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('');

function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = join(temporaryFolder(), 'my-shop');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const SHOP = {
  'orders.csv': `order_no,customer_id,sku,stars,ordered_at,comment\n${many(60, (i) => `${i},${String(i % 7).padStart(5, '0')},S${i % 11},${1 + (i % 5)},2021-03-1${i % 10}T10:00:00,"nice, ok"\n`)}`,
  'products.tsv': `sku\tname\tbrand\n${many(11, (i) => `S${i}\tProduct ${i}\tAcme\n`)}`,
  'customers.txt': `customer_id|country\n${many(7, (i) => `${String(i).padStart(5, '0')}|DE\n`)}`,
  'README.txt': 'a shop\n',
};

it('guesses which file holds events, items and users, and what their columns are', async () => {
  const folder = folderOf(SHOP);
  const { spec, tables, left } = guessLog(folder);
  expect(spec).toMatchObject({
    id: 'my-shop',
    label: { kind: 'rating-above', threshold: 3 },
    interactions: {
      file: 'orders.csv',
      delimiter: ',',
      header: true,
      columns: { user: 'customer_id', item: 'sku', rating: 'stars', timestamp: 'ordered_at' },
      timestampUnit: 'iso',
      attributes: { order_no: 'order_no', comment: 'comment' },
    },
    items: {
      file: 'products.tsv',
      delimiter: '\t',
      columns: { item: 'sku', title: 'name' },
      attributes: { brand: 'brand' },
    },
    users: { file: 'customers.txt', delimiter: '|', columns: { user: 'customer_id' } },
  });
  expect(tables.map(({ role, rows }) => [role, rows.length])).toEqual([
    ['interactions', 3],
    ['items', 3],
    ['users', 3],
  ]);
  expect(tables[0]?.why.join()).toContain('user is customer_id: by its name');
  expect(left).toEqual([]);
  const { store } = temporaryStore();
  const source = await importLog(store, { path: folder, found: { folder, spec, specPath: '' }, now });
  expect(source.counts).toEqual({ interactions: 60, items: 11, users: 7, rejects: 0 });
  expect([...store.sources.interactions('my-shop')][0]?.userId).toBe('00000');
});

it.each([
  {
    case: 'no header, two characters between',
    files: { 'x.dat': many(80, (i) => `${i % 13}::${100 + (i % 37)}::${1 + (i % 5)}::${T + i}\n`) },
    expected: { delimiter: '::', header: false, columns: { user: 0, item: 1, rating: 2, timestamp: 3 } },
  },
  {
    case: 'milliseconds and an event',
    files: {
      'e.csv': `timestamp,visitorid,event,itemid\n${many(40, (i) => `${(T + i) * 1000},${i % 9},${['view', 'addtocart', 'transaction'][i % 3]},${i % 20}\n`)}`,
    },
    expected: {
      columns: { user: 'visitorid', item: 'itemid', timestamp: 'timestamp' },
      timestampUnit: 'milliseconds',
      attributes: { event: 'event' },
    },
  },
  {
    case: 'UTF-16, semicolons and days as Germans write them',
    files: {
      'log.csv': Buffer.from(
        `\ufeffKunde;Artikel;Bewertung;Datum\r\n${many(30, (i) => `${i % 9};A${i % 8};${1 + (i % 5)};${String(1 + (i % 28)).padStart(2, '0')}.03.2021\r\n`)}`,
        'utf16le',
      ),
    },
    expected: {
      delimiter: ';',
      encoding: 'utf-16',
      timestampUnit: 'DD.MM.YYYY',
      columns: { user: 'Kunde', item: 'Artikel', rating: 'Bewertung', timestamp: 'Datum' },
    },
  },
  {
    case: 'latin-1 far behind the begin',
    files: {
      'log.csv': Buffer.from(`user,item\n${many(2000, (i) => `u${i % 50},i${i % 70}\n`)}J\xfcrgen,i1\n`, 'latin1'),
    },
    expected: { encoding: 'latin-1', columns: { user: 'user', item: 'item' } },
  },
  {
    case: 'JSON lines',
    files: {
      'log.jsonl': many(
        20,
        (i) =>
          `${JSON.stringify({ userId: i % 4, product: { id: 1 }, productId: i % 6, score: 1 + (i % 5), ts: T + i })}\n`,
      ),
    },
    expected: {
      format: 'json-lines',
      columns: { user: 'userId', item: 'productId', rating: 'score', timestamp: 'ts' },
    },
  },
  {
    case: 'a JSON array',
    files: {
      'log.json': JSON.stringify(
        Array.from({ length: 20 }, (_, i) => ({ user_id: `u${i % 4}`, movie_id: i % 6, rating: 3 })),
        null,
        1,
      ),
    },
    expected: { format: 'json', columns: { user: 'user_id', item: 'movie_id', rating: 'rating' } },
  },
  {
    case: 'lists of objects, as Python prints them',
    files: {
      'log.json': many(
        20,
        (i) => `{'user_id': '${i}', 'items': [{'item_id': '${i % 3}', 'hours': 1.5}, {'item_id': '7', 'hours': 0}]}\n`,
      ),
    },
    expected: { format: 'python-lines', each: 'items', columns: { user: 'user_id', item: 'items.item_id' } },
  },
  {
    case: 'sequences',
    files: { 'train.txt': many(20, (i) => `${i} ${Array.from({ length: 2 + (i % 5) }, (_, k) => k + i).join(' ')}\n`) },
    expected: { format: 'sequences', delimiter: ' ', columns: { user: 0, item: 1 } },
  },
])('guesses $case', ({ files, expected }) => {
  const folder = folderOf(files);
  const { spec } = guessLog(folder);
  expect(spec.interactions).toMatchObject(expected);
  expect(guessLog(folder).yaml).toBe(guessLog(folder).yaml);
});

it('reads all files with the columns of the log, one after the other', async () => {
  const part = (from: number) => `user_id,item_id,rating\n${many(20, (i) => `u${i % 6},i${from + i},4\n`)}`;
  const folder = folderOf({ 'part-1.csv': part(0), 'part-2.csv': part(20), 'other.csv': 'a,b\n1,2\n' });
  const { spec, left } = guessLog(folder);
  expect(spec.interactions.file).toEqual(['part-1.csv', 'part-2.csv']);
  expect(left.map(({ file }) => file)).toEqual(['other.csv']);
  const { store } = temporaryStore();
  const source = await importLog(store, { path: folder, found: { folder, spec, specPath: '' }, now });
  expect(source.counts.interactions).toBe(40);
});

it('takes titles that stand beside the events, the first of an item', async () => {
  const folder = folderOf({
    'plays.tsv': `user\tsong_id\ttitle\tplays\n${many(50, (i) => `u${i % 6}\ts${i % 9}\tSong ${i % 9}\t${i}\n`)}`,
  });
  const { spec } = guessLog(folder);
  expect(spec.items).toMatchObject({ file: 'plays.tsv', columns: { item: 'song_id', title: 'title' }, again: 'merge' });
  const { store } = temporaryStore();
  const source = await importLog(store, { path: folder, found: { folder, spec, specPath: '' }, now });
  expect(source.counts).toEqual({ interactions: 50, items: 9, users: 6, rejects: 0 });
  expect(source.files.find(({ role }) => role === 'items')).toMatchObject({ rows: 9, merged: 41 });
});

it('says that there is no log in files without users and items', () => {
  expect(() => guessLog(folderOf({ 'a.csv': `colour,size\n${many(9, (i) => `red,${i}\n`)}` }))).toThrow(
    /no file has a column of users beside one of items/,
  );
  expect(() => guessLog(folderOf({ 'a.txt': 'just\nwords here\n' }))).toThrow(/no file/);
});

it('shows its guess, asks, and takes it with --yes or when the same command is given again', async () => {
  const folder = folderOf(SHOP);
  const studio = join(temporaryFolder(), 'studio');
  const asked = await invoke(['import', folder, '--studio', studio]);
  expect(asked.code).toBe(2);
  expect(asked.stdout).toMatch(/user = customer_id.*because: .*is this right\?.*--yes/s);
  const written = readFileSync(join(folder, 'source.yaml'), 'utf8');
  expect(written).toContain('# interactions (orders.csv): user is customer_id: by its name');
  const again = await invoke(['import', folder, '--studio', studio, '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ id: 'my-shop', counts: { interactions: 60 } });
  const file = join(folderOf(SHOP), 'orders.csv');
  const told = JSON.parse((await invoke(['import', file, '--studio', studio, '--json'])).stdout);
  expect(told).toMatchObject({ imported: false, guess: { sourceYaml: `${file}.source.yaml`, spec: { id: 'orders' } } });
  const taken = await invoke(['import', file, '--studio', studio, '--yes']);
  expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('60 interactions of 7 users with 11 items')]);
});

it('reads atomic files of RecBole without a question, and writes a log as such', async () => {
  const folder = folderOf({
    'small.inter':
      'user_id:token\titem_id:token\trating:float\ttimestamp:float\n01\t7\t4.0\t1600000000.0\n2\t8\t1.0\t1600000001.0\n',
    'small.item':
      'item_id:token\tmovie_title:token_seq\tclass:token_seq\n7\tToy "Story"\tComedy Drama\n8\tOther\tWar\n',
    'small.user': 'user_id:token\tage:float\n01\t24\n2\t30\n',
  });
  const { store } = temporaryStore();
  const source = await importLog(store, { path: folder, now });
  expect(source).toMatchObject({ id: 'small', counts: { interactions: 2, items: 2, users: 2, rejects: 0 } });
  expect(store.sources.items('small').get('7')).toEqual({
    itemId: '7',
    title: 'Toy "Story"',
    attributes: { class: 'Comedy Drama' },
  });
  const out = temporaryFolder();
  const files = writeRecbole(store, source, out, false);
  expect(files.map(({ rows }) => rows)).toEqual([2, 2, 2]);
  expect(readFileSync(join(out, 'small.inter'), 'utf8')).toBe(
    'user_id:token\titem_id:token\trating:float\ttimestamp:float\n01\t7\t4\t1600000000\n2\t8\t1\t1600000001\n',
  );
  const back = temporaryStore();
  const read = await importLog(back.store, { path: out, now });
  expect([...back.store.sources.interactions(read.id)]).toEqual([...store.sources.interactions('small')]);
  expect(findLog(join(folder, 'small.inter'))).toMatchObject({ kind: 'log', spec: { id: 'small' } });
  expect(existsSync(join(folder, 'source.yaml'))).toBe(false);
});

it('reads ratings with a comma where fields are cut by semicolons', async () => {
  const rows = many(40, (i) => `u${i % 7};i${i % 5};${i % 5},5;0${1 + (i % 9)}.05.2014\n`);
  const folder = folderOf({ 'Bewertungen.csv': `Benutzer;Artikel;Note;Datum\nu9;i9;4;01.05.2014\n${rows}` });
  const { spec } = guessLog(folder);
  expect(spec.interactions).toMatchObject({ delimiter: ';', decimal: ',', columns: { rating: 'Note' } });
  expect(spec.label).toEqual({ kind: 'rating-above', threshold: 3 });
  const { store } = temporaryStore();
  const source = await importLog(store, { path: folder, found: { folder, spec, specPath: '' }, now });
  expect(source.counts).toMatchObject({ interactions: 41, rejects: 0 });
  expect([...store.sources.interactions('my-shop')].slice(0, 3).map(({ rating }) => rating)).toEqual([4, 0.5, 1.5]);
});

it('finds the table below lines that are none, and counts these as empty', async () => {
  const rows = many(40, (i) => `u${i % 7},i${i % 5},${1 + (i % 5)}\n`);
  const folder = folderOf({ 'log.csv': `# written by a tool\n\n# in 2024\nuser,item,rating\n${rows}` });
  const { spec } = guessLog(folder);
  expect(spec.interactions).toMatchObject({ skipLines: 3, header: true, columns: { user: 'user' } });
  const { store } = temporaryStore();
  const { files } = await importLog(store, { path: folder, found: { folder, spec, specPath: '' }, now });
  expect(files).toMatchObject([{ rows: 40, rejects: 0, emptyLines: 3 }]);
  expect([...store.sources.interactions('my-shop')][0]?.logIndex).toBe(5);
});

it('takes no column for ratings that says the same everywhere', () => {
  const rows = many(40, (i) => `${i % 7},2014-04-0${1 + (i % 9)}T10:51:09.277Z,${2145 + (i % 31)},0\n`);
  expect(guessLog(folderOf({ 'clicks.dat': rows })).spec.interactions.columns).toEqual({
    user: 0,
    item: 2,
    timestamp: 1,
  });
});

it('looks into folders where no file above them is a log, and says what was looked at', async () => {
  const folder = folderOf({ 'README.txt': 'a shop\n' });
  mkdirSync(join(folder, 'export', 'day'), { recursive: true });
  for (const day of [1, 2])
    writeFileSync(
      join(folder, 'export', 'day', `${day}.csv`),
      `user_id,item_id,stars\n${many(30, (i) => `u${i % 7},S${i % 11},${1 + (i % 5)}\n`)}`,
    );
  writeFileSync(join(folder, 'export', 'products.tsv'), SHOP['products.tsv']);
  const { spec } = guessLog(folder);
  expect(spec.interactions).toMatchObject({ file: ['export/day/1.csv', 'export/day/2.csv'] });
  expect(spec.items).toMatchObject({ file: 'export/products.tsv' });
  writeFileSync(join(folder, 'source.yaml'), guessLog(folder).yaml);
  const { counts } = await importLog(temporaryStore().store, { path: folder, now });
  expect(counts).toMatchObject({ interactions: 60, items: 11 });

  const [above, other] = [folderOf(SHOP), folderOf({})];
  mkdirSync(join(above, 'old', 'older'), { recursive: true });
  expect(guessLog(above).left).toContainEqual({ file: 'old/', why: expect.stringContaining('not looked into') });
  mkdirSync(join(other, 'empty', 'notes'), { recursive: true });
  writeFileSync(join(other, 'empty', 'notes', 'a.csv'), 'price,colour\n1,red\n2,blue\n');
  expect(() => guessLog(other)).toThrow('looked into empty/notes/, too');
});

it('finds a known log in the one folder that a folder has', () => {
  const folder = folderOf({});
  mkdirSync(join(folder, 'ml-1m'));
  writeFileSync(join(folder, 'ml-1m', 'events.inter'), 'user_id:token\titem_id:token\nu1\ti1\nu2\ti2\n');
  expect(findLog(folder)).toMatchObject({ kind: 'log', folder: join(folder, 'ml-1m') });
});
