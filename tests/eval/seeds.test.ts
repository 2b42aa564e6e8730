import { describe, expect, it } from 'vitest';
import { ReportOptions } from '../../src/core/report.js';
import { leaderboard } from '../../src/eval/contest/leaderboard.js';
import { renderHtml } from '../../src/eval/report/html.js';
import { makeReport } from '../../src/eval/report.js';
import { reportRun } from '../../src/eval/report-run.js';
import { summarizeReport } from '../../src/eval/summary.js';
import { verifyReport } from '../../src/eval/verify/verify-report.js';
import { temporaryFolder } from '../store/fixtures.js';
import { addRun, FIRST } from './contest/contested-studio.js';
import { inventInput } from './fixtures.js';
import { storeWith } from './kept-run.js';
import { inventMixed } from './mixed-fixtures.js';

const options = ReportOptions.parse({ resamples: 100 });
const now = () => new Date('2026-11-24T02:00:00Z');
const input = inventInput({ users: 12, rowsPerUser: 8 });
const rows = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A studio with runs that differ from the first in their seed, their shots, or in more. */
function studio() {
  const store = storeWith(input);
  addRun(store, input, 'seed-3', { noise: 0.5, change: { seed: 3, threads: 1 } });
  addRun(store, input, 'seed-2', { noise: 0.5, change: { seed: 2 } });
  addRun(store, input, 'shots-16', { noise: 2, change: { seed: 2, rows: rows(16) } });
  addRun(store, input, 'other-rate', { noise: 0.5, change: { seed: 2, learningRate: 1 } });
  addRun(store, input, 'unscored', { noise: 0.5, change: { seed: 9 }, scored: false });
  return store;
}

describe('the seeds of a report', () => {
  it('are the runs that differ in seed and shots alone and whose test rows are scored, with the figures of the board', async () => {
    const store = studio();
    const report = await reportRun(store, FIRST, { studio: temporaryFolder(), now, options });
    const [judgements] = report.seeds;
    expect(judgements?.runs.map(({ run, seed, rows: shots }) => [run, seed, shots])).toEqual([
      ['shots-16', 2, 16],
      [FIRST, 1, 64],
      ['seed-2', 2, 64],
      ['seed-3', 3, 64],
    ]);
    const board = leaderboard(store, temporaryFolder(), input.version, options).tasks[0]?.lines ?? [];
    for (const { run, figure } of judgements?.runs ?? []) {
      expect(figure).toEqual(board.find(({ name }) => name === run)?.figure);
    }
  });

  it('have mean and standard deviation for each number of shots', async () => {
    const report = await reportRun(studio(), FIRST, { studio: temporaryFolder(), now, options });
    const [judgements] = report.seeds;
    const values = judgements?.runs.filter((one) => one.rows === 64).map(({ figure }) => figure.value as number) ?? [];
    const mean = (values[0] as number) / 3 + (values[1] as number) / 3 + (values[2] as number) / 3;
    const pairs = values.flatMap((a) => values.map((b) => (a - b) ** 2)).reduce((sum, square) => sum + square, 0);
    expect(judgements?.spread).toEqual([
      { rows: 16, runs: 1, mean: judgements?.runs[0]?.figure.value, deviation: null },
      {
        rows: 64,
        runs: 3,
        mean: expect.closeTo(mean, 12),
        deviation: expect.closeTo(Math.sqrt(pairs / (2 * 3 * 2)), 12),
      }, // by all pairs
    ]);
    const page = renderHtml(report);
    expect(page).toContain('seed 1, 64 train rows (this run)');
    expect(page).toContain('AUC of judgement by train rows');
  });

  it('stand against the best trivial baseline, and a sentence at the top says what the seeds come to', async () => {
    const report = await reportRun(studio(), FIRST, { studio: temporaryFolder(), now, options });
    const [judgements] = report.seeds;
    const models = report.splits[0]?.models ?? [];
    const baseline = models.find(({ model }) => model === report.baseline?.model)?.metrics.auc.value as number;
    for (const { figure, against } of judgements?.runs ?? []) {
      expect(against?.difference.value).toBeCloseTo((figure.value as number) - baseline, 12);
    }
    const own = judgements?.runs.find(({ run }) => run === FIRST);
    const paired = report.differences.find(
      ({ split, metric, second }) => split === 'test' && metric === 'auc' && second === report.baseline?.model,
    );
    expect(own?.against).toEqual({ difference: paired?.difference, finding: paired?.finding });
    const findings = judgements?.runs.filter(({ rows: shots }) => shots === 64).map(({ against }) => against?.finding);
    const beating = findings?.filter((one) => one === 'beats').length;
    expect(judgements?.sentence).toMatch(/^Over 3 seeds on 64 train rows the adapter's AUC is 0\.\d{3} on average: /);
    expect(judgements?.sentence).toContain(`Of the 3, ${beating} beat`);
    expect(summarizeReport(report)).toContain(judgements?.sentence);
    expect(renderHtml(report).split('Metrics on test')[0]).toContain('Over 3 seeds on 64 train rows');
  });

  it('are verified from the runs that the report names, when others came since', async () => {
    const store = studio();
    const folder = temporaryFolder();
    await reportRun(store, FIRST, { studio: folder, directory: folder, now, options });
    addRun(store, input, 'seed-7', { noise: 0.5, change: { seed: 7 } });
    expect((await verifyReport(store, folder, folder)).differences).toEqual([]);
  });

  it('are none for a run alone, and of every task where a version mixes them', async () => {
    expect(makeReport({ ...input, options }).seeds).toEqual([]);
    const mixed = inventMixed({ users: 8 }, { users: 8, rowsPerUser: 4 });
    const store = storeWith(mixed);
    addRun(store, mixed, 'seed-2', { noise: 0.5, change: { seed: 2 } });
    const { seeds } = await reportRun(store, FIRST, { studio: temporaryFolder(), now, options });
    expect(seeds.map(({ task }) => task)).toEqual(['judgement', 'pairwise (1+1)', 'ranking (1+5)', 'rating', 'taste']);
  });
});
