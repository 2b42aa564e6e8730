import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { lineLineage, parsePlace, rowLineage } from '../../../src/builders/lineage/lineage.js';
import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import { SPLITS } from '../../../src/core/instruction.js';
import { PLAIN } from '../../../src/core/prediction.js';
import { invoke } from '../../cli/invoke.js';
import { instruction, NOW, run, version } from '../../store/fixtures.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

let studio: InventedStudio;
let built: DatasetVersion;
const log = inventedLog();
beforeEach(async () => {
  studio = inventedStudio();
  importInvented(studio.store, log);
  built = await buildVersion(studio.store, inventedRecipe(), { studio: studio.studio, now: () => NOW, program: '0' });
});
afterEach(() => studio.close());

const lineOf = (line: number) => {
  const { userId, itemId, rating, timestamp } = log.find(({ logIndex }) => logIndex === line) ?? fail();
  return { file: 'invented', line, user: userId, item: itemId, title: `Title ${itemId.slice(1)}`, rating, timestamp };
};
const fail = (): never => {
  throw new Error('no such line');
};

describe('the lineage of a row', () => {
  it('leads to the lines of the log that the row was made from, in their order, and to the template', () => {
    for (const { row, target, historyInteractions } of studio.store.versions.instructions(built.hash, 'train')) {
      const lineage = rowLineage(studio.store, built, 'train', row);
      expect(lineage.target).toEqual(lineOf(target));
      expect(lineage.history).toEqual(historyInteractions.map(lineOf));
      expect(lineage.template).toEqual({ id: 'tallrec/movie', version: 1, hash: built.templates[0]?.hash });
      expect(lineage.source.isStored).toBe(true);
    }
  });

  it('says so when the store has another import of the source, or a line is gone', () => {
    importInvented(studio.store, log.slice(0, 100), {}, 'b'.repeat(64));
    const last = rowLineage(studio.store, built, 'test', built.counts.test - 1);
    expect(last.source).toMatchObject({ hash: 'a'.repeat(64), isStored: false });
    expect(last.target).toEqual({ file: 'invented', line: expect.any(Number), user: null });
  });

  it('leads up to the runs, and to the predictions and reports that hold the row', () => {
    const { store } = studio;
    const config = run('x', built.hash).config;
    store.runs.save(run('all', built.hash));
    store.runs.save(run('some', built.hash, { config: { ...config, rows: [1, 5] } }));
    const said = { user: 'u', item: 'i', label: true, logOdds: 0.5, choices: null, droppedHistory: 0 };
    const set = { versionHash: built.hash, modelHash: 'm', adapterHash: null, maxLength: 0, ...PLAIN, labelMass: 1 };
    store.predictions.save({ ...set, id: 'p1', split: 'test', runId: 'all' }, [{ ...said, row: 1 }], NOW);
    store.predictions.save({ ...set, id: 'p2', split: 'test', runId: null }, [{ ...said, row: 2 }], NOW);
    for (const id of ['all', 'some'])
      store.reports.save({ id: `r-${id}`, runId: id, json: '{}', directory: id, madeAt: NOW.toISOString() });
    const of = (split: 'train' | 'test', row: number) => rowLineage(store, built, split, row);
    const runs = (row: number) => Object.fromEntries(of('train', row).runs.map(({ id, trainedOn }) => [id, trainedOn]));
    expect(runs(5)).toEqual({ all: 'this row', some: 'this row' });
    expect(runs(4)).toEqual({ all: 'this row', some: 'other rows' });
    expect(of('test', 1).predictions).toEqual([{ set: 'p1', run: 'all', logOdds: 0.5 }]);
    expect(of('test', 1).reports).toEqual([{ id: 'r-all', run: 'all', directory: 'all' }]);
    expect(of('test', 2).reports).toEqual([]);
    expect(of('train', 1).predictions).toEqual([]);
  });

  it('leads from a curated row to the row that it was, and on to the version that was built', () => {
    const { store } = studio;
    const rows = { train: 1, valid: 0, test: 0 };
    const step = (kind: string) => [
      { settings: { kind, splits: ['train' as const] }, removed: rows, changed: rows, example: null },
    ];
    const curated = (digit: string, parent: string, kind: string) =>
      version(digit, { sourceId: 'invented', curation: { parent, steps: step(kind), warnings: [] } });
    const [one, two] = [curated('cccccc', built.hash, 'sample'), curated('dddddd', version('cccccc').hash, 'scrub')];
    store.versions.save(one, [instruction(0, { parentRow: 7 }), instruction(1, { parentRow: 9 })], NOW);
    store.versions.save(two, [instruction(0, { parentRow: 1 })], NOW);
    expect(rowLineage(store, two, 'train', 0).parents).toEqual([
      { version: one.hash, name: one.name, row: 1, steps: ['scrub'] },
      { version: built.hash, name: built.name, row: 9, steps: ['sample'] },
    ]);
  });

  it('is refused for a row that is not there, with the numbers that are', () => {
    expect(() => rowLineage(studio.store, built, 'valid', 9999)).toThrow(
      expect.objectContaining({ kind: 'usage', fix: `write a number from 0 to ${built.counts.valid - 1}` }),
    );
  });
});

describe('the lineage of a line', () => {
  it('names every row that shows it, as target or history, as a look at all rows does', () => {
    const { store } = studio;
    const all = SPLITS.flatMap((split) => [...store.versions.instructions(built.hash, split)]);
    for (const { logIndex } of log) {
      const expected = all.flatMap(({ split, row, target, historyInteractions }) =>
        [target, ...historyInteractions].flatMap((line, position) =>
          line === logIndex ? [{ split, row, position }] : [],
        ),
      );
      const { rows, total } = lineLineage(store, 'invented', logIndex, 1000);
      expect(rows.map(({ split, row, position }) => ({ split, row, position }))).toEqual(expected);
      expect(total).toBe(expected.length);
      expect(rows.every(({ isSameImport, version }) => isSameImport && version === built.hash)).toBe(true);
    }
  });

  it('is cut at the limit, tells the total, and leaves out versions of other sources', () => {
    const { store } = studio;
    store.versions.save(version('eeeeee', { sourceId: 'other' }), [instruction(0, { target: 200 })], NOW);
    const { rows, total } = lineLineage(store, 'invented', 200, 2);
    expect(rows.length).toBe(2);
    expect(total).toBeGreaterThan(2);
    expect(rows.every(({ version }) => version === built.hash)).toBe(true);
  });

  it('is refused for a line that no interaction was read from', () => {
    expect(() => lineLineage(studio.store, 'invented', 321, 5)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

it.each([
  { text: 'movie/test/12', place: { of: 'row', version: 'movie', split: 'test', row: 12 } },
  { text: 'ml-100k:345', place: { of: 'line', source: 'ml-100k', line: 345 } },
  { text: 'odd:id:7', place: { of: 'line', source: 'odd:id', line: 7 } },
])('$text is read as what it names', ({ text, place }) => expect(parsePlace(text)).toEqual(place));

it.each(['movie', 'movie/all/1', 'movie/test/-1', 'movie/test', ':5'])('%s is refused', (text) => {
  expect(() => parsePlace(text)).toThrow(expect.objectContaining({ kind: 'usage' }));
});

it('rectune lineage prints both ways', async () => {
  const down = await invoke(['lineage', 'invented/test/0', '--studio', studio.studio]);
  expect(down.code).toBe(0);
  const { target } = studio.store.versions.instruction(built.hash, 'test', 0) ?? fail();
  expect(down.stdout).toMatch(new RegExp(`^target +invented:${target} `, 'm'));
  const up = await invoke(['lineage', `invented:${target}`, '--studio', studio.studio]);
  expect(up.stdout).toMatch(/^invented +[0-9a-f]{12} +test +0 +target$/m);
});
