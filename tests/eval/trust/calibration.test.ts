import { describe, expect, it } from 'vitest';
import { auc } from '../../../src/eval/metrics/auc.js';
import { makeReport } from '../../../src/eval/report.js';
import { inventInput } from '../fixtures.js';
import { inventMixed } from '../mixed-fixtures.js';

const figuresOf = (report: ReturnType<typeof makeReport>, task: string, model: string) => {
  const found = report.trust.calibration.find((one) => one.task === task && one.model === model);
  if (!found) throw new Error(`no calibration of ${model} in ${task}`);
  return found;
};

describe('calibration in a report', () => {
  const input = inventInput({ adapterSkill: 4 });
  const report = makeReport(input);
  const adapter = figuresOf(report, 'judgement', 'adapter');

  it('finds an adapter that is too sure, and is better on test with the temperature of valid', () => {
    expect(adapter.temperature).toBeGreaterThan(2);
    const [logLoss] = adapter.figures;
    expect(logLoss?.after.value).toBeLessThan(logLoss?.before.value as number);
    expect(logLoss?.difference.high).toBeLessThan(0);
  });

  it('says before the temperature what the tables of the report say', () => {
    const own = report.splits[0]?.models[0]?.metrics;
    expect(adapter.figures.map(({ before }) => before.value)).toEqual([
      own?.logLoss?.value,
      own?.brier?.value,
      expect.closeTo(report.curves.reliability[0]?.expectedCalibrationError as number, 12),
    ]);
    expect(adapter.bins.before.map(({ share }) => share)).toEqual(
      report.curves.reliability[0]?.bins.map(({ likedShare }) => likedShare),
    );
  });

  it('gives every figure an interval around or beside its value, and n', () => {
    expect([adapter.rows, adapter.users, adapter.validRows, adapter.validUsers]).toEqual([300, 20, 300, 20]);
    for (const { before, after } of adapter.figures) {
      for (const { low, high } of [before, after]) expect(high).toBeGreaterThan(low as number);
    }
  });

  it('never looks at test to choose the temperature', () => {
    const other = inventInput({ adapterSkill: 4 });
    const same = makeReport({ ...other, test: inventInput({ adapterSkill: 0.5 }).test });
    expect(figuresOf(same, 'judgement', 'adapter').temperature).toBe(adapter.temperature);
  });

  it('changes no order', () => {
    const { predictions } = input.test.adapter;
    const scores = predictions.map(({ logOdds }) => logOdds as number);
    const labels = input.test.instructions.map(({ label }) => label === true);
    const cooled = scores.map((score) => score / (adapter.temperature as number));
    expect(auc(cooled, labels)).toBe(auc(scores, labels));
  });

  it.each([
    { case: 'without rows of valid', world: { validRows: false }, reason: /no such rows/ },
    { case: 'with one label on valid', world: {}, reason: /same label/ },
  ])('has no temperature $case, and says so', ({ world, reason }) => {
    const changed = inventInput(world);
    const valid = changed.valid;
    const one = valid && {
      instructions: valid.instructions.map((row) => ({ ...row, label: true })),
      adapter: { ...valid.adapter, predictions: valid.adapter.predictions.map((row) => ({ ...row, label: true })) },
      base: { ...valid.base, predictions: valid.base.predictions.map((row) => ({ ...row, label: true })) },
    };
    const found = figuresOf(makeReport({ ...changed, valid: one }), 'judgement', 'adapter');
    expect(found.temperature).toBeNull();
    expect(found.reason).toMatch(reason);
    expect(found.figures[0]).toMatchObject({ after: { value: null }, difference: { value: null } });
    expect(found.bins.after).toEqual([]);
  });

  it('looks at lists and ratings too, by the likeliest answer', () => {
    const mixed = makeReport(inventMixed());
    const tasks = mixed.trust.calibration.map(({ task, model }) => `${task} ${model}`);
    expect(tasks).toEqual(
      ['judgement', 'ranking', 'pairwise', 'rating']
        .flatMap((task) => [`${task} adapter`, `${task} base`])
        .sort((a, b) => tasks.indexOf(a) - tasks.indexOf(b)),
    );
    const pairs = figuresOf(mixed, 'pairwise', 'adapter');
    for (const { meanProbability } of pairs.bins.before) expect(meanProbability).toBeGreaterThanOrEqual(0.5);
    const accuracy = mixed.tasks.find(({ task }) => task === 'pairwise')?.splits[0]?.models[0]?.metrics.accuracy?.value;
    const right = pairs.bins.before.reduce((sum, { rows, share }) => sum + rows * share, 0);
    expect(right / pairs.rows).toBeCloseTo(accuracy as number, 12);
  });
});
