import { describe, expect, it } from 'vitest';
import { renderLeaderboard } from '../../../src/cli/render-leaderboard.js';
import { BASELINES, ReportOptions } from '../../../src/core/report.js';
import { compareRuns } from '../../../src/eval/contest/compare-runs.js';
import { leaderboard } from '../../../src/eval/contest/leaderboard.js';
import { makeReport } from '../../../src/eval/report.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventInput } from '../fixtures.js';
import { inventFit, keptFit, writeFit } from '../invented-fits.js';
import { storeWith } from '../kept-run.js';
import { inventMixed } from '../mixed-fixtures.js';
import { addRun, addStranger, FIRST } from './contested-studio.js';

const options = ReportOptions.parse({ resamples: 200 });
const STUDIO = 'a studio without fits';
const input = inventInput({ users: 30, rowsPerUser: 10 });

function contested() {
  const store = storeWith(input);
  addRun(store, input, 'alike', { noise: 0.1 });
  addRun(store, input, 'middling', { noise: 1.5 });
  addRun(store, input, 'noisy', { noise: 2.5 });
  addRun(store, input, 'unscored', { noise: 0, scored: false });
  addStranger(store, input, 'stranger', {});
  return store;
}

describe('the leaderboard of a version', () => {
  const board = (store = contested()) => leaderboard(store, STUDIO, input.version, options);

  it('has its runs, their base model and the trivial baselines, the best first; no run of another version', () => {
    const { tasks, notScored } = board();
    const [judgements] = tasks;
    const values = judgements?.lines.map(({ figure }) => figure.value as number) ?? [];
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(judgements?.lines.map(({ kind }) => kind).sort()).toEqual([
      'base',
      ...Array.from(BASELINES, () => 'baseline'),
      'run',
      'run',
      'run',
      'run',
    ]);
    expect(judgements?.lines.some(({ name }) => name === 'stranger')).toBe(false);
    expect(notScored).toEqual([{ run: 'unscored', status: 'done' }]);
  });

  it('has the figures of the report: of the run, the base model and each baseline', () => {
    const [judgements] = board().tasks;
    const report = makeReport({ ...input, options });
    const titles: Record<string, string> = {
      adapter: FIRST,
      base: 'tiny.gguf without adapter',
      'liked-share': 'liked share of the shown history',
      'last-label': 'label of the last item shown',
      'user-like-rate': "user's like rate in train",
      'item-like-rate': "target's like rate in train",
      'target-count': "target's popularity in train",
      'majority-class': 'majority class of train',
    };
    for (const { model, metrics } of report.splits[0]?.models ?? []) {
      const line = judgements?.lines.find(({ name }) => name === titles[model]);
      expect(line?.figure).toEqual(metrics.auc);
      expect(line?.others).toMatchObject({ logLoss: metrics.logLoss.value, accuracy: metrics.accuracy.value });
    }
  });

  it('marks what cannot be told from the first line, as the paired comparison has it', () => {
    const store = contested();
    const [judgements] = board(store).tasks;
    const runs = judgements?.lines.filter(({ kind }) => kind === 'run') ?? [];
    const [first, ...others] = runs;
    expect(judgements?.lines[0]).toBe(first);
    expect(first).toMatchObject({ place: 1, tied: false, behind: null });
    const compared =
      compareRuns(
        store,
        STUDIO,
        runs.map(({ name }) => name),
        options,
      ).tasks[0]?.differences ?? [];
    for (const { name, behind, tied } of others) {
      const pair = compared.find(({ run, metric }) => run === name && metric === 'auc');
      expect(behind).toEqual(pair?.difference);
      expect(tied).toBe(pair?.finding === 'undecided');
    }
    expect(others.map(({ tied }) => tied)).toContain(true);
    expect(others.map(({ tied }) => tied)).toContain(false);
  });

  it('gives each the place behind those that are better beyond chance, by every pair', () => {
    const store = contested();
    const runs = board(store).tasks[0]?.lines.filter(({ kind }) => kind === 'run') ?? [];
    for (const { name, place } of runs) {
      const others = runs.map((one) => one.name).filter((other) => other !== name);
      const better = others.filter((other) =>
        compareRuns(store, STUDIO, [name, other], options).tasks[0]?.differences.some(
          ({ metric, finding }) => metric === 'auc' && finding === 'beats',
        ),
      );
      expect(place).toBe(1 + better.length); // no base model and no baseline is better than a run here
    }
  });

  it('has a line for each ID model and what it learned from, with the figures of the report', () => {
    const studio = temporaryFolder();
    const other = { ...inventFit(input, { model: 'pop', protocol: 'shots' }), runId: 'alike', rows: [1, 2, 3] };
    const fits = [
      keptFit(inventFit(input, { model: 'pop' })),
      keptFit(inventFit(input, { model: 'sasrec', seeds: 2, skill: 3 })),
      keptFit(inventFit(input, { model: 'pop', protocol: 'shots' })),
      keptFit(other, 'of-other-rows'),
    ];
    for (const fit of fits) writeFit(studio, fit);
    const found = leaderboard(contested(), studio, input.version, options);
    const lines = found.tasks[0]?.lines.filter(({ kind }) => kind === 'id-model') ?? [];
    const report = makeReport({ ...input, options, fits: fits.slice(0, 3) });
    const auc = (model: string) => report.splits[0]?.models.find((one) => one.model === model)?.metrics.auc;
    expect(Object.fromEntries(lines.map(({ name, figure }) => [name, figure]))).toEqual({
      'Pop (all of train)': auc('pop-full'),
      'SASRec (all of train)': auc('sasrec-full'),
      [`Pop (the 64 rows of ${FIRST})`]: auc('pop-shots'),
      'Pop (the 3 rows of alike)': expect.anything(),
    });
    for (const { others } of lines)
      expect(others).toMatchObject({ uauc: expect.any(Number), logLoss: null, brier: null });
    expect(found.tasks[0]?.lines[0]?.name).toBe('SASRec (all of train)');
    expect(renderLeaderboard(found, options)).toMatch(/Pop \(the 3 rows of alike\) .* -/);
  });

  it('has ID models where a task is a list of candidates, and nowhere else among the others', () => {
    const mixed = inventMixed({ users: 12 });
    const studio = temporaryFolder();
    const fits = [
      keptFit(inventFit(mixed, { model: 'bpr', kind: 'choice' })),
      keptFit(inventFit(mixed, { model: 'bpr', kind: 'choice', protocol: 'shots' })),
    ];
    for (const fit of fits) writeFit(studio, fit);
    const { tasks } = leaderboard(storeWith(mixed), studio, mixed.version, options);
    const report = makeReport({ ...mixed, options, fits });
    for (const { task, lines } of tasks) {
      const own = lines.filter(({ kind }) => kind === 'id-model');
      const reported = report.tasks.find((one) => task.startsWith(one.task));
      const models = reported?.splits[0]?.models.filter(({ model }) => model.startsWith('bpr')) ?? [];
      expect(own).toHaveLength(models.length);
      const values = models.map(({ metrics }) => metrics[reported?.main as 'ndcg10']?.value);
      expect(own.map(({ figure }) => figure.value).sort()).toEqual(values.sort());
    }
    expect(tasks.some(({ lines }) => lines.some(({ kind }) => kind === 'id-model'))).toBe(true);
  });

  it('has a table for each task of a version that mixes them, lower first where lower is better', () => {
    const mixed = inventMixed({ users: 20 });
    const store = storeWith(mixed);
    addRun(store, mixed, 'second', { noise: 3 });
    const { tasks } = leaderboard(store, STUDIO, mixed.version, options);
    expect(tasks.map(({ task }) => task)).toEqual(['judgement', 'pairwise (1+1)', 'ranking (1+5)', 'rating', 'taste']);
    const rating = tasks.find(({ task }) => task === 'rating');
    const errors = rating?.lines.map(({ figure }) => figure.value as number) ?? [];
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    const report = makeReport({ ...mixed, options });
    for (const { model, metrics } of report.tasks.find(({ task }) => task === 'rating')?.splits[0]?.models ?? []) {
      expect(rating?.lines.map(({ figure }) => figure)).toContainEqual(metrics.rmse);
      expect(model).not.toBe('');
    }
  });

  it('is printed with ties marked, and with what to do about runs that are not scored', () => {
    const text = renderLeaderboard(board(), options);
    expect(text).toMatch(/^1 {6}\S/m);
    expect(text).toMatch(/^1 = +\S/m);
    expect(text).toContain('= cannot be told from the first line');
    expect(text).toContain('place: 1 and how many are shown to be better');
    expect(text).toContain('not scored: unscored (done); rectune predict unscored --split test');
    expect(text).not.toMatch(/undefined|NaN/);
  });

  it('of a version without a scored run has no lines', () => {
    const store = storeWith(input, []);
    expect(leaderboard(store, STUDIO, input.version, options)).toMatchObject({
      tasks: [],
      notScored: [{ run: FIRST }],
    });
  });
});
