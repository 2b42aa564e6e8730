import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
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
  `gets through broken copies of Book-Crossing, and accounts for every line${needs('book-crossing-dirty')}`,
  async () => {
    const { store } = temporaryStore();
    const common = { delimiter: ';', encoding: 'latin-1' };
    const books = { file: 'BX-Books.slice.csv', ...common, columns: { item: 0, title: 1 }, attributes: { author: 2 } };
    const headless = { ...common, header: false, columns: { user: 0, item: 1, rating: 2 } };
    const logs = [
      // joined: ratings whose ISBN a book has. Counting the header of the books as a book ("0") would give ten more in the second.
      { file: 'BX-Book-Ratings.raw-slice.csv', ...headless, rows: 39_268, joined: 17_489 },
      { file: 'BX-Book-Ratings.excel-resaved.csv', ...headless, header: true, rows: 99_998, joined: 5_842 },
    ];
    for (const [index, { rows, joined, ...interactions }] of logs.entries()) {
      const spec = join(temporaryFolder(), 'source.yaml');
      const users = { file: 'BX-Users.excel-resaved.csv', ...common, columns: { user: 0 }, attributes: { age: 2 } };
      const id = `dirty-${index}`;
      writeFileSync(spec, stringify({ id, title: 'Dirty', terms: 'research', interactions, items: books, users }));
      const source = await importLog(store, { path: join(DATA, 'book-crossing-dirty'), spec, now });
      const [log] = source.files;
      expect((log?.rows ?? 0) + (log?.rejects ?? 0)).toBe(rows);
      expect(log?.rows).toBe(joined);
      expect(source.warnings.join()).toContain('name an item that BX-Books.slice.csv does not have');
    }
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
