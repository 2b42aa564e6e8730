import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findLog } from '../../src/sources/find-spec.js';
import { importLog } from '../../src/sources/import-log.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const DATA = join(process.env.RECTUNE_SHARED ?? '../shared', 'data');
const now = () => NOW;
const has = (name: string): boolean => existsSync(join(DATA, name));
const needs = (name: string): string => (has(name) ? '' : ` (skipped: no ${join(DATA, name)})`);

/** How many pairs of user and item stand there more than once. */
function repeatedPairs(interactions: readonly { userId: string; itemId: string }[]): number {
  const [seen, again] = [new Set<string>(), new Set<string>()];
  for (const { userId, itemId } of interactions) {
    const pair = `${userId} ${itemId}`;
    (seen.has(pair) ? again : seen).add(pair);
  }
  return again.size;
}

it.skipIf(!has('ml-100k'))(
  `recognises MovieLens 100K and reads all of it, accents too${needs('ml-100k')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'ml-100k'), now });
    expect(source.counts).toEqual({ interactions: 100_000, items: 1682, users: 943, rejects: 0 });
    expect(source.warnings).toEqual([]);
    const [first] = store.sources.interactions('ml-100k');
    expect(first).toEqual({
      userId: '196',
      itemId: '242',
      rating: 3,
      timestamp: 881250949,
      logIndex: 1,
      attributes: {},
    });
    expect([...store.sources.interactions('ml-100k')].every((row, index) => row.logIndex === index + 1)).toBe(true);
    const titles = [...store.sources.items('ml-100k').values()].map(({ title }) => title);
    const accented = titles.filter((title) => /[^ -~]/.test(title));
    expect(accented).toHaveLength(9);
    expect(accented.every((title) => /^[ -~\u00c0-\u00ff]+$/.test(title))).toBe(true);
    expect(store.sources.items('ml-100k').get('1')?.attributes.genres).toBe("Animation|Children's|Comedy");
    expect((await importLog(store, { path: join(DATA, 'ml-100k'), now })).unchanged).toBe(true);
  },
);

it.skipIf(!has('amazon-2018-gift-cards'))(
  `recognises Amazon's gift cards, and keeps what was written of them${needs('amazon-2018-gift-cards')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'amazon-2018-gift-cards'), now });
    expect(source.counts).toEqual({ interactions: 2972, items: 1547, users: 458, rejects: 0 });
    expect(source.warnings).toEqual([]);
    const reviews = [...store.sources.interactions('amazon-2018-gift-cards')];
    expect(reviews[0]).toEqual({
      ...{ userId: 'A31UBHTUUIFJUT', itemId: 'B004LLIKVU', rating: 5, timestamp: 1529193600, logIndex: 1 },
      attributes: { summary: 'Five Stars', review: 'Another great gift.', verified: 'true' },
    });
    expect(reviews.filter(({ attributes }) => attributes.review === '')).toHaveLength(6);
    expect(reviews.filter(({ rating }) => rating === 5)).toHaveLength(2752);
    expect(new Set(reviews.map(({ itemId }) => itemId)).size).toBe(148);
    expect(repeatedPairs(reviews)).toBe(6);
    const items = [...store.sources.items('amazon-2018-gift-cards').values()];
    expect(items.filter(({ attributes }) => attributes.price === '$25.00').length).toBeGreaterThan(0);
    expect(items[0]).toMatchObject({
      title: 'Serendipity 3 $100.00 Gift Card',
      attributes: { brand: 'Serendipity 3', category: 'Gift Cards|Gift Cards', price: '' },
    });
  },
);

it.skipIf(!has('amazon-2018-all-beauty'))(
  `reads Amazon's beauty reviews, those that stand there twice too${needs('amazon-2018-all-beauty')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'amazon-2018-all-beauty'), now });
    expect(source.counts).toEqual({ interactions: 5269, items: 85, users: 991, rejects: 0 });
    expect(source.warnings).toEqual(['the log has no item file: an item has its id as title']);
    const reviews = [...store.sources.interactions('amazon-2018-all-beauty')];
    expect(repeatedPairs(reviews)).toBe(1040);
    expect(reviews.filter(({ attributes }) => attributes.review === '')).toHaveLength(5);
  },
);

it.skipIf(!has('p5-beauty'))(
  `recognises Beauty as P5 prepared it, in the order of its sequences${needs('p5-beauty')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'p5-beauty'), now });
    expect(source.counts).toEqual({ interactions: 198_502, items: 12_101, users: 22_363, rejects: 0 });
    expect(source.warnings).toEqual(['the log has no item file: an item has its id as title']);
    const met = [...store.sources.interactions('p5-beauty')];
    expect(met.slice(4, 7).map(({ userId, itemId }) => [userId, itemId])).toEqual([
      ['1', '5'],
      ['2', '6'],
      ['2', '7'],
    ]);
    expect(met.every(({ logIndex }, index) => logIndex === index + 1)).toBe(true);
  },
);

it.skipIf(!has('ml-latest-small'))(
  `recognises MovieLens latest-small, quoted titles and tags too${needs('ml-latest-small')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'ml-latest-small'), now });
    expect(source.counts).toEqual({ interactions: 100_836, items: 9742, users: 610, rejects: 0 });
    expect(source.files.map(({ role, rows }) => [role, rows])).toContainEqual(['tags', 3683]);
    expect(source.warnings).toEqual([]);
    const movies = store.sources.items('ml-latest-small');
    expect([...movies.values()].filter(({ attributes }) => attributes.genres === '')).toHaveLength(34);
    expect(movies.get('11')?.title).toBe('American President, The (1995)');
    expect(movies.get('60756')?.attributes).toEqual({
      genres: 'Comedy',
      tags: 'funny|will ferrell|Highly quotable|comedy',
      tagTimes: '1445714994|1445714992|1445714996|1528934384',
    });
  },
);

it.skipIf(!has('lastfm-2k'))(
  `recognises Last.fm, names in all scripts, and takes plays for no rating${needs('lastfm-2k')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'lastfm-2k'), now });
    expect(source.counts).toEqual({ interactions: 92_834, items: 17_632, users: 1892, rejects: 0 });
    expect(source.warnings).toEqual([]);
    const heard = [...store.sources.interactions('lastfm-2k')];
    expect(heard[0]).toMatchObject({ itemId: '51', rating: null, timestamp: null, attributes: { plays: '13883' } });
    expect(heard.at(-1)).toMatchObject({ logIndex: 92_835, attributes: { plays: expect.stringMatching(/^\d+$/) } });
    expect(Math.max(...heard.map(({ attributes }) => Number(attributes.plays)))).toBe(352_698);
    const names = [...store.sources.items('lastfm-2k').values()].map(({ title }) => title);
    expect(names.filter((name) => /\p{Script=Cyrillic}/u.test(name)).length).toBeGreaterThan(0);
    expect(names.filter((name) => name.includes('"')).length).toBeGreaterThan(0);
  },
);

it.skipIf(!has('ml-1m-partial'))(
  `recognises the begin of MovieLens 1M, and all of its movies and users${needs('ml-1m-partial')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'ml-1m-partial'), now });
    expect(source).toMatchObject({ id: 'ml-1m', title: 'MovieLens 1M, users 1 to 2999', warnings: [] });
    expect(source.counts).toEqual({ interactions: 487_650, items: 3883, users: 6040, rejects: 0 });
    const counts = new Map<number, number>();
    const movies = new Set<string>();
    for (const { rating, itemId } of store.sources.interactions('ml-1m')) {
      counts.set(rating as number, (counts.get(rating as number) ?? 0) + 1);
      movies.add(itemId);
    }
    expect(counts).toEqual(
      new Map([
        [5, 108_545],
        [4, 170_579],
        [3, 127_216],
        [2, 53_838],
        [1, 27_472],
      ]),
    );
    expect(movies.size).toBe(3615);
  },
);

it.skipIf(!has('book-crossing-explicit'))(
  `recognises Book-Crossing and joins every rating${needs('book-crossing-explicit')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'book-crossing-explicit'), now });
    expect(source.counts).toEqual({ interactions: 171_274, items: 26_267, users: 17_217, rejects: 0 });
    expect(source.warnings).toEqual([]);
    const items = [...store.sources.items('book-crossing').values()];
    expect(items.every(({ attributes }) => attributes.author !== undefined)).toBe(true);
    expect(items.filter(({ title }) => /[^\0-\x7f]/.test(title))).toHaveLength(313);
    const [first] = store.sources.interactions('book-crossing');
    expect(first?.timestamp).toBeNull();
  },
);

it.skipIf(!has('book-crossing-dirty'))(
  `gets through broken copies of Book-Crossing with one command, and explains every row that it cannot use${needs('book-crossing-dirty')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'book-crossing-dirty'), now });
    expect(source.files.map(({ name, rows, rejects }) => [name, rows, rejects])).toEqual([
      // Ratings whose ISBN a book has. The header of the books counted as a book ("0") would give ten more in the second.
      ['BX-Book-Ratings.raw-slice.csv', 17_489, 39_268 - 17_489],
      ['BX-Book-Ratings.excel-resaved.csv', 5842, 99_998 - 5842],
      ['BX-Books.slice.csv', 15_780, 0],
      ['BX-Users.excel-resaved.csv', 99_999, 0],
      ['BX-Users.slice.csv', 8603, 13_404 - 8603],
    ]);
    const reasons = new Map<string, number>();
    for (const { reason } of store.sources.rejects('book-crossing-dirty', 1_000_000)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect([...reasons.values()].reduce((sum, count) => sum + count, 0)).toBe(source.counts.rejects);
    expect(reasons.get('user is named again')).toBe(13_404 - 8603);
    expect(reasons.get('item is not in the item file')).toBe(115_934);
    expect(source.warnings.join()).toContain('name an item that BX-Books.slice.csv does not have');
  },
);

it.skipIf(!has('mind-small-sample'))(
  `recognises MIND, and reads what was clicked before, then what was shown in order, clicked or not${needs('mind-small-sample')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'mind-small-sample'), now });
    expect(source.counts).toMatchObject({ interactions: 10_664, items: 2000, rejects: 317_627 });
    expect(source.label).toEqual({ kind: 'attribute-in', attribute: 'clicked', liked: ['1'] });
    const all = [...store.sources.interactions('mind')];
    const shown = all.filter(({ attributes }) => attributes.past !== '1');
    expect(shown).toHaveLength(5310);
    expect(all.every(({ attributes }) => attributes.past !== '1' || attributes.clicked === '1')).toBe(true);
    expect(new Set(shown.map(({ attributes }) => attributes.clicked))).toEqual(new Set(['0', '1']));
    expect(shown.every((row, i) => i === 0 || row.logIndex > (shown[i - 1]?.logIndex ?? 0))).toBe(true);
    expect(new Date((shown[0]?.timestamp ?? 0) * 1000).getUTCFullYear()).toBe(2019);
    expect(
      [...store.sources.items('mind').values()].filter(({ attributes }) => attributes.abstract === ''),
    ).toHaveLength(99);
  },
);

it.skipIf(!has('wands-queries'))(
  `recognises WANDS, and takes a query with its class as an interaction${needs('wands-queries')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'wands-queries'), now });
    expect(source.counts).toMatchObject({ interactions: 474, rejects: 6 }); // six queries have no class
    const [first] = store.sources.interactions('wands-queries');
    expect(first).toMatchObject({ itemId: 'Massage Chairs', attributes: { query: 'salon chair' } });
  },
);

it.skipIf(!has('colakg-ml-1m-knowledge'))(
  `knows texts about the movies of MovieLens 1M, and which log they belong to${needs('colakg-ml-1m-knowledge')}`,
  () => {
    expect(findLog(join(DATA, 'colakg-ml-1m-knowledge'))).toMatchObject({
      kind: 'texts',
      files: [{ texts: { of: 'item', as: 'knowledge', source: 'ml-1m' } }],
    });
  },
);

/** Rows of each file, from its SOURCE.md: lines without the header, or what its lines hold. */
const ROWS: Record<string, Record<string, number>> = {
  'amazon-2018-all-beauty': { 'All_Beauty_5.json.gz': 5269 },
  'amazon-2018-gift-cards': { 'Gift_Cards_5.json.gz': 2972, 'meta_Gift_Cards.json.gz': 1547 },
  'book-crossing-dirty': {
    'BX-Book-Ratings.raw-slice.csv': 39_268,
    'BX-Book-Ratings.excel-resaved.csv': 99_998,
    'BX-Books.slice.csv': 15_780,
    'BX-Users.excel-resaved.csv': 99_999,
    'BX-Users.slice.csv': 13_404,
  },
  'book-crossing-explicit': { 'BX_Book_Ratings.csv': 171_274, 'BX_Books.csv': 26_267, 'BX_Users.csv': 17_217 },
  'lastfm-2k': { 'user_artists.dat': 92_834, 'artists.dat': 17_632 },
  'mind-small-sample': { 'behaviors.tsv': 189_359 + 159_802, 'news.tsv': 2000 },
  'ml-100k': { 'u.data': 100_000, 'u.item': 1682, 'u.user': 943 },
  'ml-1m-partial': { 'ratings.users-1-2999.dat.gz': 487_650, 'movies.dat': 3883, 'users.dat': 6040 },
  'ml-latest-small': { 'ratings.csv': 100_836, 'movies.csv': 9742, 'tags.csv': 3683 },
  'p5-beauty': { 'sequential.txt': 198_502 },
  'wands-queries': { 'query.csv': 480 },
};

it.skipIf(!has('ml-100k')).each(Object.entries(ROWS).map(([name, rows]) => ({ name, rows })))(
  'loses no row of $name: kept, rejected, merged and empty ones add up to those of its files',
  async ({ name, rows }) => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, name), now });
    const sums = source.files.map((file) => [file.name, file.rows + file.rejects + file.merged + file.emptyLines]);
    expect(Object.fromEntries(sums)).toEqual(rows);
    expect(store.sources.rejects(source.id, 1_000_000)).toHaveLength(source.counts.rejects);
  },
);

it.skipIf(!has('book-crossing-dirty'))(
  `reads a file whose lines end with CR alone${needs('book-crossing-dirty')}`,
  async () => {
    const { store } = temporaryStore();
    const spec = join(temporaryFolder(), 'source.yaml');
    const columns = { user: 9, item: 4 }; // publisher and ISBN: any two columns will do
    const interactions = { file: 'BX-Books2.cr-only.csv', delimiter: ';', header: false, encoding: 'latin-1', columns };
    writeFileSync(spec, stringify({ id: 'cr', title: 'CR', terms: 'research', interactions }));
    const source = await importLog(store, { path: join(DATA, 'book-crossing-dirty'), spec, now });
    const [log] = source.files;
    expect((log?.rows ?? 0) + (log?.rejects ?? 0)).toBe(3639);
    expect(log?.rows).toBeGreaterThan(3500);
  },
);
