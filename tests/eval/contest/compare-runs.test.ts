import { describe, expect, it } from 'vitest';
import { renderComparison } from '../../../src/cli/render-comparison.js';
import { ReportOptions } from '../../../src/core/report.js';
import type { RunEvent } from '../../../src/core/run-event.js';
import { compareRuns } from '../../../src/eval/contest/compare-runs.js';
import { auc } from '../../../src/eval/metrics/auc.js';
import { pValue } from '../../../src/eval/numbers.js';
import { makeReport } from '../../../src/eval/report.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventedEvents, inventedRun, inventInput } from '../fixtures.js';
import { inventFit, keptFit, writeFit } from '../invented-fits.js';
import { storeWith } from '../kept-run.js';
import { inventMixed } from '../mixed-fixtures.js';
import { addRun, addStranger, FIRST } from './contested-studio.js';

const options = ReportOptions.parse({ resamples: 200 });
const STUDIO = 'a studio without fits';
const small = { users: 12, rowsPerUser: 8 };

describe('runs beside each other', () => {
  it('show only the settings that differ, and count the others', () => {
    const input = inventInput(small);
    const store = storeWith(input);
    addRun(store, input, 'second', {
      noise: 1,
      change: { seed: 7, threads: 1, checkpointEvery: 9, runDirectory: '/b' },
    });
    addRun(store, input, 'third', { noise: 1, change: { seed: 8, learningRate: 1e-3, targets: ['attn_q'] } });
    const { settings } = compareRuns(store, STUDIO, [FIRST, 'second', 'third'], options);
    expect(settings.differing).toEqual([
      { setting: 'seed', values: [1, 7, 8] },
      { setting: 'learningRate', values: [3e-4, 3e-4, 1e-3] },
      { setting: 'targets', values: ['["attn_q","attn_v"]', '["attn_q","attn_v"]', '["attn_q"]'] },
    ]);
    expect(settings.same).toBeGreaterThan(20);
  });

  it('have the figures of their own reports, on judgements', () => {
    const input = inventInput(small);
    const store = storeWith(input);
    addRun(store, input, 'second', { noise: 1 });
    const [task] = compareRuns(store, STUDIO, [FIRST, 'second'], options).tasks;
    const adapter = makeReport({ ...input, options }).splits[0]?.models.find(({ model }) => model === 'adapter');
    expect(task).toMatchObject({ task: 'judgement', rows: 96, users: 12, main: 'auc' });
    expect(task?.figures[0]?.metrics).toEqual(adapter?.metrics);
  });

  it('have the figures of their own reports, on every other task', () => {
    const input = inventMixed({ users: 15 }, small);
    const store = storeWith(input);
    addRun(store, input, 'second', { noise: 1 });
    const compared = compareRuns(store, STUDIO, [FIRST, 'second'], options).tasks;
    const report = makeReport({ ...input, options });
    expect(compared.map(({ task }) => task)).toEqual([
      'judgement',
      'pairwise (1+1)',
      'ranking (1+5)',
      'rating',
      'taste',
    ]);
    for (const [place, { splits }] of report.tasks.entries()) {
      const adapter = splits[0]?.models.find(({ model }) => model === 'adapter');
      expect(compared[place + 1]?.figures[0]?.metrics).toEqual(adapter?.metrics);
    }
  });

  it('are paired: each minus the first, by the metric of both, the finding from the interval', () => {
    const input = inventInput({ ...small, users: 40 });
    const store = storeWith(input);
    addRun(store, input, 'alike', { noise: 0 });
    addRun(store, input, 'noisy', { noise: 12 });
    const [task] = compareRuns(store, STUDIO, [FIRST, 'alike', 'noisy'], options).tasks;
    const of = (run: string, metric: string) =>
      task?.differences.find((one) => one.run === run && one.metric === metric);
    const value = (run: string) => task?.figures.find((one) => one.run === run)?.metrics.auc?.value as number;
    expect(of('noisy', 'auc')?.difference.value).toBeCloseTo(value('noisy') - value(FIRST), 12);
    expect(of('noisy', 'auc')).toMatchObject({ finding: 'worse' });
    expect(of('noisy', 'logLoss')).toMatchObject({ finding: 'worse' }); // lower is better there
    expect(of('alike', 'auc')).toMatchObject({ difference: { value: 0, low: 0, high: 0 }, finding: 'undecided' });
    expect(of('noisy', 'auc')?.tests.holm.bootstrap as number).toBeGreaterThanOrEqual(
      of('noisy', 'auc')?.tests.bootstrap as number,
    );
    expect(of('noisy', 'auc')?.tests.holm).toMatchObject({ permutation: null, wilcoxon: null });
  });

  it('are corrected for the number of runs test by test, and shown so', () => {
    const input = inventInput({ ...small, users: 40 });
    const store = storeWith(input);
    addRun(store, input, 'noisier', { noise: 2 });
    addRun(store, input, 'noisy', { noise: 12 });
    const compared = compareRuns(store, STUDIO, [FIRST, 'noisier', 'noisy'], options);
    const two =
      compared.tasks[0]?.differences.filter(({ metric }) => metric === 'brier').map(({ tests }) => tests) ?? [];
    expect(two).toHaveLength(2);
    for (const test of ['permutation', 'wilcoxon'] as const) {
      const [small, large] = two.sort((a, b) => (a[test] as number) - (b[test] as number));
      const corrected = Math.min(1, 2 * (small?.[test] as number));
      expect(small?.holm[test]).toBeCloseTo(corrected, 12);
      expect(large?.holm[test]).toBeCloseTo(Math.max(corrected, large?.[test] as number), 12);
    }
    const text = renderComparison(compared, options);
    expect(text).toContain('by other tests, each corrected for the number of runs and ID models (Holm)');
    expect(text).toContain(`permutation ${pValue(two[0]?.holm.permutation ?? null)}, Wilcoxon`);
  });

  it('have the ID models of the version and of their own rows beside them, each minus the first', () => {
    const input = inventInput({ ...small, users: 20 });
    const store = storeWith(input);
    const studio = temporaryFolder();
    addRun(store, input, 'second', { noise: 1 });
    const stranger = { ...inventFit(input, { model: 'pop', protocol: 'shots' }), runId: 'other', rows: [1, 2] };
    const fits = [
      keptFit(inventFit(input, { model: 'ease' })),
      keptFit(inventFit(input, { model: 'ease', protocol: 'shots' })),
      keptFit(stranger, 'of-other-rows'),
    ];
    for (const fit of fits) writeFit(studio, fit);
    const compared = compareRuns(store, studio, [FIRST, 'second'], options);
    const [task] = compared.tasks;
    expect(task?.idModels.map(({ name }) => name)).toEqual(['EASE (all of train)', `EASE (the 64 rows of ${FIRST})`]);
    const report = makeReport({ ...input, options, fits: fits.slice(0, 2) });
    const reported = report.splits[0]?.models.find(({ model }) => model === 'ease-full')?.metrics;
    const [ease] = task?.idModels ?? [];
    expect(ease?.metrics).toEqual({ auc: reported?.auc, uauc: reported?.uauc, uaucByRows: reported?.uaucByRows });
    const value = (of: typeof ease) => of?.metrics.auc?.value as number;
    const first = task?.figures[0]?.metrics.auc?.value as number;
    expect(ease?.differences[0]?.difference.value).toBeCloseTo(value(ease) - first, 12);
    const p = [...(task?.differences ?? []), ...(task?.idModels ?? []).flatMap((one) => one.differences)]
      .filter(({ metric }) => metric === 'auc')
      .map(({ tests }) => tests);
    const least = Math.min(...p.map(({ bootstrap }) => bootstrap as number));
    expect(Math.min(...p.map(({ holm }) => holm.bootstrap as number))).toBeCloseTo(Math.min(1, 3 * least), 12); // of three comparisons
    expect(renderComparison(compared, options)).toContain('EASE (all of train)');
  });

  it('tell the best step, not the last: lowest loss, highest AUC on valid with its interval', () => {
    const input = inventInput(small);
    const valid = input.valid?.instructions ?? [];
    const rows = valid.slice(0, 40).map(({ row }) => row);
    const labels = valid.slice(0, 40).map(({ label }) => label === true);
    const scores = (noise: number) => labels.map((label, i) => Number(label) + noise * Math.sin(7 * i));
    const evaluation = (step: number, noise: number): RunEvent => {
      return { event: 'validation', step, auc: 0, logOdds: scores(noise), best: false, took: 1, seconds: step };
    };
    const events = [...inventedEvents.slice(0, -1), evaluation(20, 0.9), evaluation(40, 0.6), evaluation(60, 3)];
    const validation = { data: 'v', rows, every: 20, patience: null, keep: 'best' as const };
    const run = { ...inventedRun, config: { ...inventedRun.config, validation } };
    const kept: RunEvent = { event: 'kept', step: 40, lastStep: 60, auc: 0.8, stoppedEarly: false };
    const store = storeWith({ ...input, events: [...events, kept, inventedEvents.at(-1) as RunEvent] }, undefined, run);
    addRun(store, input, 'second', { noise: 1 });
    const [first, second] = compareRuns(store, STUDIO, [FIRST, 'second'], options).runs;
    const losses = inventedEvents.flatMap((event) => (event.event === 'step' ? [event.loss] : []));
    expect(first?.training).toMatchObject({
      steps: 60,
      lowestLoss: { step: 1 + losses.indexOf(Math.min(...losses)), loss: Math.min(...losses) },
      best: { step: 40, auc: { value: auc(scores(0.6), labels) } },
      keptStep: 40,
    });
    expect(first?.training.best?.auc.low).toBeLessThan(first?.training.best?.auc.value as number);
    expect(second?.training).toEqual({ steps: 0, lowestLoss: null, best: null, keptStep: null });
  });

  it('may be of versions with other train rows, if the test rows are the same', () => {
    const input = inventInput(small);
    const store = storeWith(input);
    addStranger(store, input, 'stranger', { train: '5'.repeat(64) });
    const { settings, tasks } = compareRuns(store, STUDIO, [FIRST, 'stranger'], options);
    expect(settings.differing.map(({ setting }) => setting)).toContain('dataset version');
    expect(tasks[0]?.differences[0]?.difference.value).toBe(0);
  });

  it.each([
    {
      case: 'test rows that differ',
      ids: [FIRST, 'stranger'],
      message: /test rows differ.*96 rows of tiny cccccccccccc.*of other 777777777777/,
      fix: /leaderboard cccccccccccc/,
    },
    { case: 'a run named twice', ids: [FIRST, FIRST], message: /named twice/, fix: /once/ },
    { case: 'a single run', ids: [FIRST], message: /two runs or more/, fix: /compare RUN RUN/ },
    {
      case: 'a run without predictions',
      ids: [FIRST, 'unscored'],
      message: /no predictions on test/,
      fix: /rectune predict unscored/,
    },
    { case: 'an unknown run', ids: [FIRST, 'nobody'], message: /no run "nobody"/, fix: /./ },
  ])('refuse $case', ({ ids, message, fix }) => {
    const input = inventInput(small);
    const store = storeWith(input);
    addStranger(store, input, 'stranger', { test: '5'.repeat(64) });
    addRun(store, input, 'unscored', { noise: 0, scored: false });
    const refused = (() => {
      try {
        return compareRuns(store, STUDIO, ids, options);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    });
  });
});
