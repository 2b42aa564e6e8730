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

it.skipIf(!has('ml-100k'))(
  `recognises MovieLens 100K and reads all of it, accents too${needs('ml-100k')}`,
  async () => {
    const { store } = temporaryStore();
    const source = await importLog(store, { path: join(DATA, 'ml-100k'), now });
    expect(source.counts).toEqual({ interactions: 100_000, items: 1682, users: 943, rejects: 0 });
    expect(source.warnings).toEqual([]);
    const [first] = store.sources.interactions('ml-100k');
    expect(first).toEqual({ userId: '196', itemId: '242', rating: 3, timestamp: 881250949, logIndex: 1 });
    expect([...store.sources.interactions('ml-100k')].every((row, index) => row.logIndex === index + 1)).toBe(true);
    const titles = [...store.sources.items('ml-100k').values()].map(({ title }) => title);
    const accented = titles.filter((title) => /[^ -~]/.test(title));
    expect(accented).toHaveLength(9);
    expect(accented.every((title) => /^[ -~\u00c0-\u00ff]+$/.test(title))).toBe(true);
    expect(store.sources.items('ml-100k').get('1')?.attributes.genres).toBe("Animation|Children's|Comedy");
    expect((await importLog(store, { path: join(DATA, 'ml-100k'), now })).unchanged).toBe(true);
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
