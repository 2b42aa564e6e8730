import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderSeries } from '../../src/cli/render-series.js';
import { seriesOf, trainSeries } from '../../src/trainers/series.js';
import { trainRun } from '../../src/trainers/train.js';
import { fakeNative, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

afterEach(() => vi.unstubAllEnvs());

describe('seriesOf', () => {
  it('combines every value of the grid with every seed', () => {
    const series = seriesOf(options({ seed: 7, rank: 2 }), '2', ['rank=4,8', 'learningRate=1e-4,0.5']);
    expect(series.map(({ rank, learningRate, seed }) => [rank, learningRate, seed])).toEqual([
      [4, 1e-4, 7],
      [4, 1e-4, 8],
      [4, 0.5, 7],
      [4, 0.5, 8],
      [8, 1e-4, 7],
      [8, 1e-4, 8],
      [8, 0.5, 7],
      [8, 0.5, 8],
    ]);
    expect(seriesOf(options(), '9,3', []).map(({ seed }) => seed)).toEqual([9, 3]);
    expect(seriesOf(options({ seed: 4 }), undefined, ['alpha=8']).map(({ alpha, seed }) => [alpha, seed])).toEqual([
      [8, 4],
    ]);
  });

  it.each([
    { seeds: '0', grid: [] },
    { seeds: '1,1', grid: [] },
    { seeds: 'x', grid: [] },
    { seeds: '3,', grid: [] },
    { seeds: undefined, grid: ['rank'] },
    { seeds: undefined, grid: ['rank=0'] },
    { seeds: undefined, grid: ['rank=4,4'] },
    { seeds: undefined, grid: ['dropout=0.1'] },
    { seeds: undefined, grid: ['rank=4', 'rank=8'] },
  ])('refuses --seeds $seeds and --grid $grid', ({ seeds, grid }) => {
    expect(() => seriesOf(options(), seeds, grid)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('trainSeries', () => {
  it('makes the runs and adapters of separate commands, each once, and goes on where it was stopped', async () => {
    const calls = fakeNative(TRAINS);
    const apart = testStudio();
    const together = testStudio();
    const series = seriesOf(options(), '2', ['rank=4,8']);
    const expected = [];
    for (const one of series) {
      expected.push(await trainRun(apart.store, { ...apart, version: 'invented', options: one }));
    }
    const before = calls().length;
    const request = { ...together, version: 'invented', series };
    const results = await trainSeries(together.store, request, () => {});
    expect(results.map(({ run }) => run.id)).toEqual(expected.map(({ run }) => run.id));
    expect(results.map(({ adapter }) => readFileSync(adapter, 'utf8'))).toEqual(
      expected.map(({ adapter }) => readFileSync(adapter, 'utf8')),
    );
    expect(calls()).toHaveLength(before + 4);
    expect((await trainSeries(together.store, request, () => {})).every(({ reused }) => reused)).toBe(true);
    const text = renderSeries(together.store, results);
    for (const { run } of results) expect(text).toContain(run.id);
    expect(text).toContain('rank 4, alpha 16, learningRate 0.0003, 2 seeds: loss 1.000, standard deviation 0.000');
  });
});
