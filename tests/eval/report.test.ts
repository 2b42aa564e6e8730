import { describe, expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { BASELINES, METRICS, MODELS, type ModelId, Report, ReportOptions } from '../../src/core/report.js';
import type { RunEvent } from '../../src/core/run-event.js';
import { likedShare } from '../../src/eval/baselines/liked-share.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { makeReport } from '../../src/eval/report.js';
import { metricsOfModel } from '../../src/eval/split-scores.js';
import { ADAPTER_HASH, inventedEvents, inventedRun, inventInput, inventRows, type World } from './fixtures.js';

const reportOn = (world: World = {}, change: Parameters<typeof inventInput>[1] = {}) =>
  makeReport(inventInput(world, change));
const aucOf = (report: Report, model: ModelId) =>
  report.splits[0]?.models.find((row) => row.model === model)?.metrics.auc;

/** The one error that a function throws; fails when it throws none. */
function errorOf(act: () => unknown): RectuneError {
  try {
    act();
  } catch (error) {
    if (error instanceof RectuneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('makeReport', () => {
  const report = reportOn({ users: 60 });

  it('gives a report that its schema accepts, with every metric of every model on test and valid', () => {
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.splits.map(({ split }) => split)).toEqual(['test', 'valid']);
    for (const { models } of report.splits) {
      expect(models.map(({ model }) => model)).toEqual([...MODELS]);
      for (const { model, metrics } of models) {
        expect(Object.keys(metrics)).toEqual([...METRICS]);
        const defined = metricsOfModel(model);
        for (const metric of METRICS) {
          const { value, low, high } = metrics[metric];
          expect(value === null).toBe(!defined.includes(metric));
          expect(Number(low)).toBeLessThanOrEqual(Number(high));
        }
      }
    }
  });

  it('says why a metric has no value, and nothing where all have one', () => {
    expect(report.splits.flatMap(({ notDefined }) => notDefined)).toEqual([]);
    const [test] = makeReport(inventInput({ oneLabel: true })).splits;
    expect(test?.notDefined).toEqual([
      { metric: 'auc', reason: 'all rows have the same label' },
      { metric: 'uauc', reason: 'no user has rows of both labels' },
      { metric: 'uaucByRows', reason: 'no user has rows of both labels' },
    ]);
    for (const { metric } of test?.notDefined ?? []) {
      expect(test?.models.every(({ metrics }) => metrics[metric].value === null)).toBe(true);
    }
  });

  it('has the interval of DeLong where each user has one row, about as wide as the resampled one, and nowhere else', () => {
    expect(report.splits.flatMap(({ delong }) => delong)).toEqual([]);
    const [test] = makeReport(inventInput({ users: 200, rowsPerUser: 1 })).splits;
    expect(test?.delong.map(({ model }) => model)).toEqual(test?.models.map(({ model }) => model));
    const resampled = test?.models[0]?.metrics.auc;
    const width = Number(resampled?.high) - Number(resampled?.low);
    expect(Number(test?.delong[0]?.high) - Number(test?.delong[0]?.low)).toBeGreaterThan(0.8 * width);
    expect(Number(test?.delong[0]?.high) - Number(test?.delong[0]?.low)).toBeLessThan(1.25 * width);
  });

  it('puts baselines through the same metric as models', () => {
    const { rows } = inventRows('test', { users: 60 });
    const labels = rows.map(({ label }) => label === true);
    expect(aucOf(report, 'liked-share')?.value).toBe(auc(likedShare(rows), labels));
    expect(aucOf(report, 'majority-class')).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
  });

  it('compares the adapter with every baseline and with its base model, on every metric and both splits, the best baseline first', () => {
    const pairs = report.differences.map(({ split, first, second, metric }) => `${split} ${first} ${second} ${metric}`);
    const expected = ['test', 'valid'].flatMap((split) =>
      [report.baseline?.model, 'base', ...BASELINES.filter((one) => one !== report.baseline?.model)].flatMap((second) =>
        metricsOfModel(second as ModelId).map((metric) => `${split} adapter ${second} ${metric}`),
      ),
    );
    expect(pairs).toEqual(expected);
    for (const { split, metric, second, difference } of report.differences) {
      const result = report.splits.find((one) => one.split === split);
      const value = (model: ModelId) =>
        Number(result?.models.find((row) => row.model === model)?.metrics[metric].value);
      expect(difference.value).toBeCloseTo(value('adapter') - value(second), 12);
    }
  });

  it('gives the same report twice, whatever the order of the predictions', () => {
    const input = inventInput({ users: 60 });
    const { test } = input;
    const reversed = { ...test, adapter: { ...test.adapter, predictions: [...test.adapter.predictions].reverse() } };
    expect(JSON.stringify(makeReport(input))).toBe(JSON.stringify(report));
    expect(JSON.stringify(makeReport({ ...input, test: reversed }))).toBe(JSON.stringify(report));
  });

  it('counts the liked share of the history that was shown, without what the length limit cut off', () => {
    const input = inventInput({ users: 60 });
    const cut = (side: typeof input.test.base) => ({
      ...side,
      predictions: side.predictions.map((one) => ({ ...one, droppedHistory: one.row % 4 })),
    });
    const test = { ...input.test, adapter: cut(input.test.adapter), base: cut(input.test.base) };
    const shown = input.test.instructions.map(({ row, historyLabels }) => ({
      historyLabels: historyLabels.filter((_, position) => position >= row % 4),
    }));
    const labels = input.test.instructions.map(({ label }) => label === true);
    const made = makeReport({ ...input, test });
    expect(aucOf(made, 'liked-share')?.value).toBe(auc(likedShare(shown), labels));
    expect(aucOf(made, 'liked-share')?.value).not.toBe(aucOf(report, 'liked-share')?.value);
    expect(made.serving.predictions[0]?.truncatedRows.slice(0, 4)).toEqual([1, 2, 3, 5]);
    expect(made.warnings).toContainEqual(expect.stringMatching(/^675 test rows lost the oldest history/));
  });

  it('changes intervals with the bootstrap seed, and no figure', () => {
    const other = reportOn({ users: 60 }, { options: ReportOptions.parse({ resamples: 200, bootstrapSeed: 2 }) });
    expect(aucOf(other, 'adapter')?.value).toBe(aucOf(report, 'adapter')?.value);
    expect(aucOf(other, 'adapter')?.low).not.toBe(aucOf(report, 'adapter')?.low);
  });

  it('says nothing of the folders that files lay in', () => {
    expect(JSON.stringify(report)).not.toContain('/somewhere');
    expect(report.run.modelFile).toBe('tiny.gguf');
    expect(report.run.settings.rows).toBe(64);
  });

  it('counts all of train when the run drew no shots', () => {
    const run = { ...inventedRun, config: { ...inventedRun.config, rows: null, adapter: '/somewhere/start.gguf' } };
    const { settings } = reportOn({}, { run }).run;
    expect(settings.rows).toBe(900);
    expect(settings.startAdapter).toBe('start.gguf');
  });
});

describe('the verdict', () => {
  it('says "beats" when the paired interval is above 0', () => {
    const report = reportOn({ users: 80, adapterSkill: 3, generosity: 0.2 });
    const [first] = report.verdicts;
    expect(first?.finding).toBe('beats');
    expect(first?.sentence).toMatch(
      /^On 1,200 test rows of 80 users, the adapter \(AUC 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]\) beats ".+" \(0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]\): difference 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]\.$/,
    );
  });

  it('says "is worse than" when it is below 0', () => {
    const [first] = reportOn({ users: 80, adapterSkill: 0, generosity: 3 }).verdicts;
    expect(first?.against).toBe('liked-share');
    expect(first?.finding).toBe('worse');
    expect(first?.sentence).toMatch(
      /is worse than "liked share of the shown history" .*: difference -0\.\d{3} \[-0\.\d{3}, -0\.\d{3}\]\.$/,
    );
  });

  it('says that the two cannot be told apart when it holds 0', () => {
    const [, second] = reportOn({ adapterSkill: 0, baseSkill: 0 }).verdicts;
    expect(second?.against).toBe('base');
    expect(second?.finding).toBe('undecided');
    expect(second?.sentence).toMatch(
      /does not beat "base model without adapter" .*: the two cannot be told apart, difference/,
    );
  });

  it('compares nothing with a single user or a single label, and says why', () => {
    expect(reportOn({ users: 1 }).verdicts[0]).toMatchObject({
      finding: 'not-defined',
      sentence: expect.stringContaining('an interval needs at least two users'),
    });
    expect(reportOn({ oneLabel: true }).verdicts[0]).toMatchObject({
      finding: 'not-defined',
      sentence: expect.stringContaining('all rows have the same label'),
    });
  });

  it('names as the best baseline the one with the highest AUC on valid, even when another is best on test', () => {
    const world = { users: 40 };
    const input = inventInput(world);
    const best = makeReport(input).baseline?.model;
    // On test alone, histories are turned round: what was the best baseline is now the worst there.
    const turned = input.test.instructions.map((row) => ({
      ...row,
      historyLabels: row.historyLabels.map((label) => !label),
    }));
    const report = makeReport({ ...input, test: { ...input.test, instructions: turned } });
    expect(best).toBe('liked-share');
    expect(report.baseline?.model).toBe('liked-share');
    expect(aucOf(report, 'liked-share')?.value).toBeLessThan(0.5);
    expect(report.baseline?.chosenBy).toContain('without looking at test');
  });

  it('takes the liked share by rule when there are no validation rows, and warns', () => {
    const report = reportOn({ validRows: false });
    expect(report.splits.map(({ split }) => split)).toEqual(['test']);
    expect(report.baseline?.model).toBe('liked-share');
    expect(report.warnings).toContain(report.baseline?.chosenBy);
  });
});

describe('warnings', () => {
  const enough = { users: 60, rowsPerUser: 15, adapterSkill: 3 };
  const untruncated = inventedEvents.map((event) => (event.event === 'data' ? { ...event, truncatedRows: 0 } : event));

  it('are absent when there is nothing to say', () => {
    expect(reportOn(enough, { events: untruncated }).warnings).toEqual([]);
  });

  it.each([
    {
      case: 'few users',
      world: { ...enough, users: 29 },
      events: untruncated,
      expected: /^Test has only 29 users: .*rough/,
    },
    { case: 'one user', world: { users: 1 }, events: untruncated, expected: /^Test has 1 user: no interval/ },
    {
      case: 'an adapter that equals its base model',
      world: { ...enough, adapterEqualsBase: true },
      events: untruncated,
      expected: /^The adapter changed nothing/,
    },
    {
      case: 'rows cut to the length limit',
      world: enough,
      events: inventedEvents,
      expected: /^3 train rows lost the oldest history/,
    },
    { case: 'a run without parity check', world: enough, events: [], expected: /recorded no parity check/ },
    {
      case: 'a parity check that failed',
      world: enough,
      events: [{ event: 'parity', rows: 1, blocks: 1, maxDifference: 0.5, tolerance: 0.001 }] satisfies RunEvent[],
      expected: /differ from llama\.cpp's by 0\.500, above the tolerance 0\.001/,
    },
    {
      case: 'an order within users that is chance',
      world: { users: 60, adapterSkill: 0 },
      events: untruncated,
      expected: /^Within one user the adapter's order cannot be told from chance/,
    },
  ])('tell of $case', ({ world, events, expected }) => {
    expect(reportOn(world, { events })?.warnings).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('tell of an identical adapter first, and then no sentence says "beats"', () => {
    const report = reportOn({ adapterEqualsBase: true });
    expect(report.warnings[0]).toMatch(/^The adapter changed nothing/);
    expect(report.serving.largestChange).toBe(0);
    expect(report.verdicts[1]).toMatchObject({ against: 'base', finding: 'undecided' });
    const paired = report.differences.find(({ second, metric }) => second === 'base' && metric === 'auc');
    expect(paired?.difference).toEqual({ value: 0, low: 0, high: 0, leftOut: 0 });
    expect(paired?.shareAboveZero).toBe(0);
  });

  it('tell of a trivial baseline that the adapter does not beat, though the one chosen on valid is beaten', () => {
    const input = inventInput({ users: 60, adapterSkill: 1 });
    // On test alone the train rate of each item tells its label.
    const train = [
      ...input.train,
      ...Array.from({ length: 4000 }, (_, i) => ({
        itemId: i % 2 ? 'good' : 'bad',
        userId: 'someone',
        historyLabels: [],
        label: i % 2 === 1,
        candidates: null,
        target: i,
        historyInteractions: [],
      })),
    ];
    const rename = (label: boolean | null) => (label ? 'good' : 'bad');
    const renamed = (side: typeof input.test.base) => ({
      ...side,
      predictions: side.predictions.map((one) => ({ ...one, item: rename(one.label) })),
    });
    const test = {
      instructions: input.test.instructions.map((row) => ({ ...row, itemId: rename(row.label) })),
      adapter: renamed(input.test.adapter),
      base: renamed(input.test.base),
    };
    const report = makeReport({ ...input, train, test });
    expect(report.baseline?.model).toBe('liked-share');
    expect(report.warnings).toContainEqual(
      expect.stringMatching(
        /^On test the adapter is also worse than another trivial baseline, "target's like rate in train"/,
      ),
    );
  });

  it('tell of a run that is not done', () => {
    const report = reportOn(enough, { run: { ...inventedRun, status: 'stopped' } });
    expect(report.warnings).toContainEqual(expect.stringMatching(/^The run is "stopped"/));
  });

  it('tell of an adapter and a base model that were not computed alike', () => {
    const input = inventInput(enough);
    const said = expect.stringMatching(
      /^On test, adapter and base model were not computed alike \(on the CPU in bf16; on the CPU in f32\)/,
    );
    expect(makeReport(input).warnings).not.toContainEqual(said);
    const adapter = { ...input.test.adapter, set: { ...input.test.adapter.set, precision: 'bf16' as const } };
    const report = makeReport({ ...input, test: { ...input.test, adapter } });
    expect(report.warnings).toContainEqual(said);
    expect(report.serving.predictions[0]).toMatchObject({ model: 'adapter', device: 'cpu', precision: 'bf16' });
  });

  it('tell of a prompt that does not elicit the labels', () => {
    const input = inventInput(enough);
    const base = { ...input.test.base, set: { ...input.test.base.set, labelMass: 0.012 } };
    const report = makeReport({ ...input, test: { ...input.test, base } });
    expect(report.warnings).toContainEqual(
      expect.stringMatching(/^On test, the base model without adapter .* only 1\.2 %/),
    );
  });
});

describe('facts of the training', () => {
  it('come from the events of the run', () => {
    const { curves, serving, training } = reportOn();
    expect(curves.loss).toHaveLength(60);
    expect(curves.loss[0]).toEqual({ step: 1, epoch: 1, loss: expect.closeTo(1.69, 10), learningRate: 3e-4 });
    expect(serving.parity).toEqual({ rows: 4, blocks: 2, maxDifference: 2.1e-5, tolerance: 1e-3 });
    expect(training).toMatchObject({ ggml: '0.9.4', architecture: 'llama', adapterParameters: 10_240, seconds: 61.5 });
    expect(training).toMatchObject({ device: 'cpu', precision: 'bf16' }); // chosen: the settings say auto or what was asked
  });

  it('tell a GPU by kind and name', () => {
    const device = {
      event: 'device',
      kind: 'cuda',
      name: 'a GPU',
      memory: 1,
      weights: 'f16',
      precision: 'fp16',
    } as const;
    const { training } = reportOn({}, { events: [...inventedEvents, { ...device, difference: 0, tolerance: 1 }] });
    expect(training).toMatchObject({ device: 'cuda, a GPU', precision: 'fp16' });
  });

  it('are null where the run recorded none', () => {
    const { curves, serving, training } = reportOn({}, { events: [] });
    expect(curves.loss).toEqual([]);
    expect([serving.parity, serving.truncatedTrainRows]).toEqual([null, null]);
    expect(Object.values(training)).toEqual(Array(10).fill(null));
  });

  it('count a step that was repeated after a resume once, as it went the last time', () => {
    const step = (number: number, loss: number): RunEvent => ({
      ...(inventedEvents.find(({ event }) => event === 'step') as Extract<RunEvent, { event: 'step' }>),
      step: number,
      loss,
    });
    const start = inventedEvents[0] as RunEvent;
    const events: RunEvent[] = [
      start,
      step(1, 0.9),
      step(2, 0.8),
      step(3, 0.7),
      start,
      { event: 'resumed', step: 2, checkpoint: 'checkpoints/2' },
      step(3, 0.65),
      step(4, 0.6),
    ];
    const { loss } = reportOn({}, { events }).curves;
    expect(loss.map((point) => [point.step, point.loss])).toEqual([
      [1, 0.9],
      [2, 0.8],
      [3, 0.65],
      [4, 0.6],
    ]);
  });
});

describe('predictions that do not fit the rows', () => {
  type Predictions = ReturnType<typeof inventInput>['test']['adapter']['predictions'];
  const first = (all: Predictions) => all[0] as Predictions[number];

  it.each([
    { case: 'a missing row', change: (all: Predictions) => all.slice(1), what: /299 predictions do not fit 300 rows/ },
    {
      case: 'a row twice',
      change: (all: Predictions) => [...all.slice(1), all[1] as Predictions[number]],
      what: /predicted twice/,
    },
    {
      case: 'a foreign row',
      change: (all: Predictions) => [...all.slice(1), { ...first(all), row: 999 }],
      what: /row 0 .* was not predicted/,
    },
    {
      case: 'another label',
      change: (all: Predictions) => [{ ...first(all), label: !first(all).label }, ...all.slice(1)],
      what: /another user, item or label/,
    },
    {
      case: 'another item',
      change: (all: Predictions) => [{ ...first(all), item: 'x' }, ...all.slice(1)],
      what: /another user, item or label/,
    },
    {
      case: 'a log-odds that is not finite',
      change: (all: Predictions) => [{ ...first(all), logOdds: Number.NaN }, ...all.slice(1)],
      what: /not finite/,
    },
  ])('end with a data error for $case', ({ change, what }) => {
    const input = inventInput();
    const adapter = { ...input.test.adapter, predictions: change(input.test.adapter.predictions) };
    const error = errorOf(() => makeReport({ ...input, test: { ...input.test, adapter } }));
    expect(error.kind).toBe('data');
    expect(error.message).toMatch(what);
    expect(error.where).toBe('prediction set set-test-adapter');
  });

  it('a row without a label whose template names no task is a usage error', () => {
    const input = inventInput();
    const instructions = input.test.instructions.map((row) => (row.row === 4 ? { ...row, label: null } : row));
    const choices = [0, 1].map(() => ({ sum: -1, tokens: 1, first: -1 }));
    const bare = (side: typeof input.test.base) => ({
      ...side,
      predictions: side.predictions.map((one) =>
        one.row === 4 ? { ...one, label: null, logOdds: null, choices } : one,
      ),
    });
    const test = { instructions, adapter: bare(input.test.adapter), base: bare(input.test.base) };
    const error = errorOf(() => makeReport({ ...input, test }));
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(/^row 4 has no label and its template "invented" names no task/);
  });

  it('a run without adapter is a usage error', () => {
    const input = inventInput();
    expect(input.test.adapter.set.adapterHash).toBe(ADAPTER_HASH);
    const adapter = { ...input.test.adapter, set: { ...input.test.adapter.set, adapterHash: null } };
    expect(errorOf(() => makeReport({ ...input, test: { ...input.test, adapter } })).kind).toBe('usage');
  });
});
