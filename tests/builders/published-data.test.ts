import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildVersion } from '../../src/builders/build-version.js';
import { exportVersion } from '../../src/builders/export/export-version.js';
import { loadRecipe } from '../../src/builders/load-recipe.js';
import { packageRoot, sha256File } from '../../src/platform/files.js';
import { importLog } from '../../src/sources/import-log.js';
import { inventedStudio } from './invented-store.js';

const shared = resolve(packageRoot(), process.env.RECTUNE_SHARED ?? '../shared');
const movies = join(shared, 'data', 'ml-100k');
const books = join(shared, 'data', 'book-crossing-explicit');
const studio = inventedStudio();
afterAll(() => studio.close());
const now = () => new Date(0);
const build = async (log: string, recipe: string) => {
  await importLog(studio.store, { path: log, now });
  return buildVersion(studio.store, loadRecipe(recipe), { studio: studio.studio, now, program: '0.1.0' });
};

describe('TALLRec on real logs', () => {
  it.skipIf(!existsSync(movies))(
    'the movie rows are the published ones (skipped without ../shared/data/ml-100k)',
    async () => {
      const version = await build(movies, 'tallrec-movie');
      const { train, valid, test, liked, users } = version.counts;
      expect([train, valid, test]).toEqual([8000, 1000, 1000]);
      expect([liked.valid, liked.test]).toEqual([658, 528]); // 65.8 % and 52.8 % Yes, as published
      expect([users.valid, users.test]).toEqual([14, 16]);
      const out = join(studio.studio, 'movie');
      const files = exportVersion(studio.store, version, { format: 'tallrec', out });
      expect(await Promise.all(files.map(({ path }) => sha256File(path)))).toEqual([
        '460a86393450916596057967c7672c909edc9e73c7f61571c6a274659ffbdc53',
        'd4aa0c005868aef9b8a85583db946662a2be9c2e0e09f810fe3a7ad31d89274f',
        '474e02cde467c8c7001168a4a390a581217edcd8f4726c39aa88c9aa37c54d5e',
      ]);
    },
  );

  it.skipIf(!existsSync(books))(
    'the book rows are one a user (skipped without ../shared/data/book-crossing-explicit)',
    async () => {
      const version = await build(books, 'tallrec-book');
      const { train, valid, test, users } = version.counts;
      expect(users).toEqual({ train, valid, test });
      const total = train + valid + test;
      expect([train, valid]).toEqual([Math.floor(total * 0.8), Math.floor(total * 0.9) - Math.floor(total * 0.8)]);
      for (const row of studio.store.versions.instructions(version.hash, 'test')) {
        expect(row.history.length).toBeGreaterThanOrEqual(3);
        expect(row.history.length).toBeLessThanOrEqual(10);
        expect(row.input).toMatch(
          /^User Preference: (".*" written by .*)?\nUser Unpreference: (".*" written by .*)?\nWhether the user will like the target book "".*" written by .*"\?$/,
        );
      }
    },
  );
});
