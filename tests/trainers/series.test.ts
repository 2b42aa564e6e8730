import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderSeries } from '../../src/cli/render-series.js';
import { listFolder } from '../../src/platform/files.js';
import { lockHolder, tryLock } from '../../src/platform/lock.js';
import { studioLayout } from '../../src/platform/studio.js';
import { seriesOf, trainSeries } from '../../src/trainers/series.js';
import { trainRun } from '../../src/trainers/train.js';
import { fakeNative, inSeries, TRAINS } from './fake-native.js';
import { options, type TestStudio, testStudio } from './trained-studio.js';

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
    const calls = fakeNative(inSeries(TRAINS));
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
    expect(calls().slice(before)).toMatchObject([{ verb: 'series' }]);
    for (const [index, { run }] of results.entries()) {
      expect(together.store.runs.find(run.id)).toEqual(run);
      const events = together.store.runs.events(run.id);
      expect(events).toEqual(
        apart.store.runs
          .events(run.id)
          .map((event) => (event.event === 'done' ? { ...event, output: results[index]?.adapter } : event)),
      );
      const folder = studioLayout.run(together.studio, run.id);
      const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toEqual(events);
      expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({ seed: run.config.seed });
      expect(await lockHolder(studioLayout.runLock(together.studio, run.id))).toBeUndefined();
    }
    const shared = { ...together, version: 'invented', options: series[0] ?? options() };
    expect((await trainRun(together.store, shared)).reused).toBe(true);
    expect(calls()).toHaveLength(before + 1);
    expect((await trainSeries(together.store, request, () => {})).every(({ reused }) => reused)).toBe(true);
    const text = renderSeries(together.store, results);
    for (const { run } of results) expect(text).toContain(run.id);
    expect(text).toContain('rank 4, alpha 16, learningRate 0.0003, 2 seeds: loss 1.000, standard deviation 0.000');
  });

  const series = seriesOf(options(), '1,2,3', []);

  /** Of three runs, how they stand. */
  const states = ({ store }: TestStudio) => series.map(({ seed }) => statusOfSeed(store, seed));
  const statusOfSeed = (store: TestStudio['store'], seed: number) =>
    store.runs.list().find(({ config }) => config.seed === seed)?.status;

  it('keeps what is done when a later run fails, names that run, and begins no other', async () => {
    fakeNative(
      inSeries(`if (config.seed === 2) {
        start(); step(1, 3);
        say({ event: 'error', code: 5, what: 'the loss is not finite', where: 'd', fix: 'f' }); process.exitCode = 5;
      } else { ${TRAINS} }`),
    );
    const studio = testStudio();
    const done: number[] = [];
    const training = trainSeries(
      studio.store,
      { ...studio, version: 'invented', series },
      () => {},
      (index) => done.push(index),
    );
    const error = await training.catch((thrown) => thrown);
    expect(states(studio)).toEqual(['done', 'failed', undefined]);
    const failed = studio.store.runs.list().find(({ status }) => status === 'failed');
    expect(error).toMatchObject({ kind: 'diverged', message: `run ${failed?.id}: the loss is not finite` });
    expect(done).toEqual([0]);
    expect(listFolder(join(studio.studio, 'runs')).filter((name) => !name.endsWith('.lock'))).toHaveLength(2);
  });

  it('goes on with the run that was stopped, and makes none again that is done', async () => {
    const calls = fakeNative(
      inSeries(`const folder = path.join(config.runDirectory, 'checkpoints');
      if (config.seed === 2 && !config.resume) {
        start(); step(1, 3);
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(path.join(folder, 'newest'), '1');
        say({ event: 'stopped', step: 1, checkpoint: 'newest' }); process.exitCode = 130;
      } else { ${TRAINS} }`),
    );
    const studio = testStudio();
    const request = { ...studio, version: 'invented', series };
    await expect(trainSeries(studio.store, request, () => {})).rejects.toMatchObject({
      kind: 'stopped',
      fix: expect.stringContaining('--resume invented-'),
    });
    expect(states(studio)).toEqual(['done', 'stopped', undefined]);
    const results = await trainSeries(studio.store, request, () => {});
    expect(results.map(({ reused }) => reused)).toEqual([true, false, false]);
    expect(states(studio)).toEqual(['done', 'done', 'done']);
    const runs = calls()[1]?.config.runs as { seed: number; resume: boolean }[];
    expect(runs.map(({ seed, resume }) => [seed, resume])).toEqual([
      [2, true],
      [3, false],
    ]);
  });

  it('says of each run when it began itself', async () => {
    fakeNative(inSeries(TRAINS));
    const studio = testStudio();
    let minutes = 0;
    const now = () => new Date(Date.UTC(2025, 0, 1, 0, minutes));
    const onDone = () => {
      minutes += 10;
    };
    await trainSeries(studio.store, { ...studio, now, version: 'invented', series }, () => {}, onDone);
    const began = new Map(studio.store.runs.list().map(({ config, startedAt }) => [config.seed, startedAt]));
    expect([1, 2, 3].map((seed) => began.get(seed)?.slice(11, 16))).toEqual(['00:00', '00:10', '00:20']);
  });

  it('leaves nothing of a series that is refused before its first run', async () => {
    fakeNative(
      `start(); say({ event: 'error', code: 3, what: 'broken model', where: 'm', fix: 'f' }); process.exitCode = 3;`,
    );
    const studio = testStudio();
    await expect(trainSeries(studio.store, { ...studio, version: 'invented', series }, () => {})).rejects.toMatchObject(
      { kind: 'data', message: 'broken model' },
    );
    expect(studio.store.runs.list()).toEqual([]);
    expect(listFolder(join(studio.studio, 'runs')).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  it('begins nothing while another process trains one of the runs', async () => {
    const calls = fakeNative(inSeries(TRAINS));
    const studio = testStudio();
    const request = { ...studio, version: 'invented' };
    const { run } = await trainRun(studio.store, { ...request, options: options({ seed: 3 }) });
    rmSync(studioLayout.run(studio.studio, run.id), { recursive: true });
    const lock = await tryLock(studioLayout.runLock(studio.studio, run.id));
    await expect(trainSeries(studio.store, { ...request, series }, () => {})).rejects.toMatchObject({
      message: expect.stringContaining('is being trained by process'),
    });
    expect(calls()).toHaveLength(1);
    expect(states(studio)).toEqual([undefined, undefined, 'done']);
    if ('release' in lock) await lock.release();
  });

  it('tells of a program that names a run that is none', async () => {
    fakeNative(`start(); run = 7; start();`);
    const studio = testStudio();
    await expect(trainSeries(studio.store, { ...studio, version: 'invented', series }, () => {})).rejects.toThrow(
      'native speaks of run 7 of 3',
    );
  });
});
