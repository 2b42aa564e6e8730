import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsBeside, fitsOfVersion, keptFit as readFit } from '../../src/eval/kept-fits.js';
import { studioLayout } from '../../src/platform/studio.js';
import { temporaryFolder } from '../store/fixtures.js';
import { inventedRun, inventInput, VERSION_HASH } from './fixtures.js';
import { type FitWorld, inventFit, keptFit, writeFit } from './invented-fits.js';

const input = inventInput({ users: 2, rowsPerUser: 2 });

/** A studio with fits, each a minute newer than the one before; their files are named by their places. */
function studioWith(...worlds: (FitWorld & { rows?: number[] })[]): string {
  const studio = temporaryFolder();
  worlds.forEach(({ rows, ...world }, place) => {
    const result = { ...inventFit(input, world), ...(rows ? { rows } : {}) };
    const at = new Date(Date.UTC(2026, 10, 24, 1, place));
    utimesSync(writeFit(studio, keptFit(result, `fit-${place}`)), at, at);
  });
  return studio;
}

const beside = (studio: string) => fitsBeside(studio, VERSION_HASH, inventedRun).map(({ file }) => file);
const own = inventedRun.config.rows as number[];

describe('fits beside a run', () => {
  it('are those of all of train and of its own rows, in whatever order; not those of other rows', () => {
    const studio = studioWith(
      {},
      { protocol: 'shots', rows: [...own].reverse() },
      { protocol: 'shots', model: 'pop', rows: own.slice(1) },
      { protocol: 'shots', model: 'pop', kind: 'choice', rows: own },
    );
    expect(beside(studio)).toEqual(['fit-0', 'fit-1', 'fit-3']);
    expect(fitsOfVersion(studio, VERSION_HASH)).toHaveLength(4);
  });

  it('are one of each model and kind: the one with most seeds, of these the newest', () => {
    expect(beside(studioWith({ seeds: 3 }, { seeds: 1 }))).toEqual(['fit-0']);
    expect(beside(studioWith({ seeds: 1 }, { seeds: 3 }, { seeds: 2 }))).toEqual(['fit-1']);
    expect(beside(studioWith({ seeds: 3 }, { seeds: 3 }))).toEqual(['fit-1']);
    const run = { config: { ...inventedRun.config, rows: null } };
    const studio = studioWith({ protocol: 'shots' }, { model: 'pop' });
    expect(fitsBeside(studio, VERSION_HASH, run).map(({ file }) => file)).toEqual(['fit-1']);
  });

  it('are none of the other files that may lie there, however they look', () => {
    const studio = studioWith({});
    const put = (name: string, text: string) => writeFileSync(studioLayout.fit(studio, VERSION_HASH, name), text);
    put('older', JSON.stringify({ ...inventFit(input), format: 1 }));
    put('stranger', JSON.stringify({ ...inventFit(input, { seeds: 3 }), versionHash: 'other' }));
    mkdirSync(studioLayout.fit(studio, VERSION_HASH, 'work').replace('.json', '.work'));
    expect(beside(studio)).toEqual(['fit-0']);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        put('any', text);
        expect(beside(studio)).toEqual(['fit-0']);
        expect(readFit(studio, VERSION_HASH, 'any')).toBeUndefined();
      }),
      { numRuns: 50 },
    );
    expect(beside(temporaryFolder())).toEqual([]);
  });

  it('refuse one of this format that is broken, and name the file', () => {
    const studio = studioWith({});
    const { seeds, ...rest } = inventFit(input);
    const path = studioLayout.fit(studio, VERSION_HASH, 'broken');
    writeFileSync(path, JSON.stringify({ ...rest, seeds: 'none' }));
    expect(() => beside(studio)).toThrow(expect.objectContaining({ kind: 'data' }));
    expect(() => beside(studio)).toThrow(expect.objectContaining({ where: expect.stringContaining('broken.json') }));
    expect(dirname(path)).toBe(studioLayout.fits(studio, VERSION_HASH));
  });
});
