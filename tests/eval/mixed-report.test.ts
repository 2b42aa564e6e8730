import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { Report } from '../../src/core/report.js';
import { TASK_MODELS, type TaskModelId, type TaskReport } from '../../src/core/task-report.js';
import { renderHtml } from '../../src/eval/report/html.js';
import { renderMarkdown } from '../../src/eval/report/markdown.js';
import { makeReport } from '../../src/eval/report.js';
import { summarizeReport } from '../../src/eval/summary.js';
import { overview } from '../../src/eval/tasks/task-verdict.js';
import { inventInput } from './fixtures.js';
import { inventMixed, type MixedWorld } from './mixed-fixtures.js';

const reportOn = (world: MixedWorld = {}) => makeReport(inventMixed(world));
const taskOf = ({ tasks }: Report, name: string) => tasks.find(({ task }) => task === name) as TaskReport;
const onTest = (task: TaskReport, model: TaskModelId) =>
  task.splits.find(({ split }) => split === 'test')?.models.find((one) => one.model === model)?.metrics ?? {};

describe('the report of a version that mixes tasks', () => {
  const report = reportOn();

  it('has a part for each task beside the judgements, in the order of the tasks, by the schema', () => {
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.tasks.map(({ task, kind, list }) => [task, kind, list])).toEqual([
      ['pairwise', 'choice', '1+1'],
      ['ranking', 'choice', '1+5'],
      ['rating', 'rating', null],
      ['taste', 'text', null],
    ]);
    expect(report.splits[0]).toMatchObject({ split: 'test', rows: 120 }); // the judgements alone
    expect(report.tasks.map(({ splits }) => splits.map(({ split, rows }) => `${split} ${rows}`))).toEqual([
      ['test 40', 'valid 40'],
      ['test 80', 'valid 80'],
      ['test 40', 'valid 40'],
      ['test 40', 'valid 40'],
    ]);
  });

  it('counts the tasks that nothing is corrected for, where there are several', () => {
    const [task] = report.tasks;
    if (!task) throw new Error('no task');
    const alone = overview({ tasks: [task], verdicts: [], idModels: { best: [] } });
    expect(report.overview).toContain('The 5 tasks were asked in one run');
    expect(alone).not.toContain('asked in one run');
  });

  it('has the same judgements as a report on these alone', () => {
    const plain = makeReport(inventInput({ users: 30, rowsPerUser: 4 }));
    expect(report.splits[0]?.models.filter(({ model }) => model === 'adapter' || model === 'base')).toEqual(
      plain.splits[0]?.models.filter(({ model }) => model === 'adapter' || model === 'base'),
    );
    expect([plain.overview, plain.tasks, plain.slices, plain.wordings]).toEqual([null, [], [], []]);
  });

  it('gives the accuracy of a choice as counted by hand, letters by their log-odds', () => {
    const { test } = inventMixed();
    const pairs = test.instructions.filter(({ candidates }) => candidates?.length === 2);
    const right = pairs.filter(({ row, itemId, candidates }) => {
      const logOdds = Number(test.adapter.predictions.find((one) => one.row === row)?.logOdds);
      return candidates?.[logOdds > 0 ? 0 : 1] === itemId;
    });
    expect(onTest(taskOf(report, 'pairwise'), 'adapter').accuracy?.value).toBeCloseTo(right.length / pairs.length, 12);
  });

  it('gives the place that was right most often in train the accuracy of answering so always', () => {
    const lists = inventMixed().test.instructions.filter(({ candidates }) => candidates?.length === 6);
    const third = lists.filter(({ itemId, candidates }) => candidates?.[2] === itemId); // the fixture's train has it there
    expect(third.length).toBeGreaterThan(0);
    const { accuracy } = onTest(taskOf(report, 'ranking'), 'frequent-position');
    expect(accuracy?.value).toBeCloseTo(third.length / lists.length, 12);
  });

  it('gives chance on a list exactly, and the same to all that know nothing', () => {
    const expected = Array.from({ length: 6 }, (_, i) => 1 / Math.log2(i + 2)).reduce((a, b) => a + b) / 6;
    expect(onTest(taskOf(report, 'ranking'), 'chance').ndcg10?.value).toBeCloseTo(expected, 12);
    expect(onTest(taskOf(report, 'ranking'), 'chance').accuracy?.value).toBeCloseTo(1 / 6, 12);
  });

  it('gives perplexity and nats of the own answers', () => {
    const { test } = inventMixed();
    const texts = test.instructions.filter(({ choices, label }) => choices === null && label === null);
    const sums = texts.map(
      ({ row }) => test.adapter.predictions.find((one) => one.row === row)?.choices?.[0]?.sum ?? 0,
    );
    const nats = -sums.reduce((a, b) => a + b, 0) / (4 * texts.length);
    const { lossPerToken, lossPerText, perplexity } = onTest(taskOf(report, 'taste'), 'adapter');
    expect(lossPerToken?.value).toBeCloseTo(nats, 10);
    expect(lossPerText?.value).toBeCloseTo(4 * nats, 10);
    expect(perplexity?.value).toBeCloseTo(Math.exp(nats), 8);
  });

  it('compares the adapter with its base model in every task, and with each trivial baseline that there is', () => {
    const rivals = (name: string) => new Set(taskOf(report, name).differences.map(({ second }) => second));
    expect([...rivals('ranking')]).toEqual(['base', 'popularity', 'co-occurrence', 'frequent-position', 'chance']);
    expect([...rivals('rating')]).toEqual(['base', 'user-item-bias', 'user-mean', 'item-mean', 'global-mean']);
    expect([...rivals('taste')]).toEqual(['base']);
    expect(taskOf(report, 'taste').baseline).toBeNull();
    for (const { differences, splits } of report.tasks) {
      for (const { split, metric, second, difference } of differences) {
        const models = splits.find((one) => one.split === split)?.models;
        const value = (model: TaskModelId) =>
          Number(models?.find((one) => one.model === model)?.metrics[metric]?.value);
        expect(difference.value).toBeCloseTo(value('adapter') - value(second), 10);
      }
    }
  });

  it('compares titles by sum, mean and first token too, where titles are told apart by likelihood', () => {
    const { scorings, byLikelihood } = taskOf(report, 'ranking');
    expect(byLikelihood).toBe(80);
    expect(scorings.map(({ scoring }) => scoring)).toEqual(['sum', 'mean', 'first']);
    expect(scorings[0]?.models[0]?.metrics).toEqual(onTest(taskOf(report, 'ranking'), 'adapter'));
    expect(taskOf(report, 'pairwise').scorings).toEqual([]); // letters
  });

  it('cuts the test rows by cell, wording and repeated target, each row once a division', () => {
    const ranking = report.slices.filter(({ task }) => task === 'ranking');
    const rowsBy = (by: string) => ranking.filter((one) => one.by === by).map(({ name, rows }) => [name, rows]);
    expect(rowsBy('cell')).toEqual([
      ['p1-i0-t3-plain', 40],
      ['p1-i2-t3-plain', 40],
    ]);
    expect(rowsBy('wording')).toEqual([
      ['seen in train', 40],
      ['unseen in train', 40],
    ]);
    const repeats = rowsBy('repeat');
    expect(repeats.map(([name]) => name)).toEqual(['target in the shown history', 'target not shown before']);
    expect(Number(repeats[0]?.[1]) + Number(repeats[1]?.[1])).toBe(80);
    expect(rowsBy('family')).toEqual([]); // one family: nothing to compare
  });

  it('tells the gap of unseen wordings, of the adapter and of the base model', () => {
    const [gap, ...others] = report.wordings;
    expect(others).toEqual([]);
    const of = (name: string) => report.slices.find((one) => one.by === 'wording' && one.name === name);
    const [seen, unseen] = [of('seen in train'), of('unseen in train')];
    expect(gap).toMatchObject({ task: 'ranking', metric: 'ndcg10', seenRows: 40, unseenRows: 40 });
    expect(gap?.adapter.value).toBeCloseTo(Number(unseen?.adapter.value) - Number(seen?.adapter.value), 12);
    expect(gap?.base.value).toBeCloseTo(Number(unseen?.base.value) - Number(seen?.base.value), 12);
    expect(gap?.difference.value).toBeCloseTo(Number(gap?.adapter.value) - Number(gap?.base.value), 12);
  });

  it('tells what the best half of each list is like, of every model, and nothing of it where rows are no lists', () => {
    const { k, catalogue, models } = taskOf(report, 'ranking').beyond ?? { k: 0, catalogue: 0, models: [] };
    expect(k).toBe(3);
    const { test } = inventMixed();
    const lists = test.instructions.filter(({ candidates }) => candidates?.length === 6);
    const exposure = new Map<string, number>(); // the adapter's, counted by hand
    for (const { row, candidates } of lists) {
      const choices = test.adapter.predictions.find((one) => one.row === row)?.choices ?? [];
      const best = [...choices.keys()].sort((a, b) => (choices[b]?.sum ?? 0) - (choices[a]?.sum ?? 0)).slice(0, k);
      for (const place of best) {
        const item = candidates?.[place] as string;
        exposure.set(item, (exposure.get(item) ?? 0) + 1);
      }
    }
    expect(catalogue).toBe(new Set(lists.flatMap(({ candidates }) => candidates ?? [])).size);
    const own = models.find(({ model }) => model === 'adapter');
    expect(own?.coverage).toBeCloseTo(exposure.size / catalogue, 12);
    const counts = [...exposure.values(), ...new Array<number>(catalogue - exposure.size).fill(0)];
    const distances = counts.flatMap((one) => counts.map((other) => Math.abs(one - other)));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(own?.gini).toBeCloseTo(mean(distances) / (2 * mean(counts)), 12);
    const novelty = (name: TaskModelId) => models.find(({ model }) => model === name)?.novelty.value as number;
    for (const { model } of models) expect(novelty('popularity')).toBeLessThanOrEqual(novelty(model));
    expect(taskOf(report, 'rating').beyond).toBeNull();
    expect(taskOf(report, 'pairwise').beyond?.models[0]?.similarity.value).toBeNull(); // one of two is shown
  });

  it('is the same report twice', () => {
    expect(JSON.stringify(reportOn())).toBe(JSON.stringify(report));
  });
});

describe('the verdict of a task', () => {
  it('is one sentence against the best trivial baseline and one against the base model, the metric with its list', () => {
    const [first, second] = taskOf(reportOn({ skill: 6 }), 'ranking').verdicts;
    expect(first?.finding).toBe('beats');
    expect(first?.sentence).toMatch(
      /^On 80 test rows of 40 users, the adapter \(NDCG@10 \(1\+5\) [\d.]+ \[.*\]\) beats "/,
    );
    expect(second).toMatchObject({ against: 'base', finding: 'beats' });
  });

  it('takes a smaller RMSE for the better one', () => {
    const { verdicts } = taskOf(reportOn({ skill: 8 }), 'rating');
    expect(verdicts.map(({ finding }) => finding)).toEqual(['beats', 'beats']);
    expect(verdicts[0]?.sentence).toMatch(/RMSE, lower is better, .* difference -/);
  });

  it('says that a task which does not beat its best trivial baseline does not, in the overview and beside its name', () => {
    const report = reportOn({ popularTargets: true, skill: 0.5 });
    const { baseline, verdicts } = taskOf(report, 'ranking');
    expect(report.overview).toMatch(/It beats its own base model in judgement, .*taste/);
    expect(baseline?.model).toBe('popularity');
    expect(verdicts[0]).toMatchObject({ against: 'popularity', finding: 'worse' });
    expect(report.overview).toMatch(/In .*ranking \(1\+5\).* it is worse\./);
    expect(summarizeReport(report)).toContain('ranking (1+5): worse than its best trivial baseline');
  });

  it('chooses the baseline on valid, and says so', () => {
    const { baseline } = taskOf(reportOn(), 'ranking');
    expect(baseline?.chosenBy).toMatch(/best NDCG@10 \(1\+5\) on valid .*without looking at test/);
    const input = inventMixed();
    const rule = makeReport({ ...input, valid: undefined }).tasks.map((task) => task.baseline?.chosenBy ?? '');
    expect(rule.slice(0, 3).every((text) => text.endsWith('by rule.'))).toBe(true);
  });

  it('has no trivial baseline for ratings of a log that has none in train', () => {
    const input = inventMixed();
    const unrated = { ...input, train: [] }; // the log has ratings, train shows none of them
    const { baseline, verdicts } = taskOf(makeReport(unrated), 'rating');
    expect(baseline).toBeNull();
    expect(verdicts.map(({ against }) => against)).toEqual(['base']);
  });

  it('of an adapter that equals its base model is undecided everywhere, and a warning says so', () => {
    const report = makeReport(inventMixed({ identical: true, judgements: false }));
    for (const { verdicts } of report.tasks) {
      expect(verdicts.find(({ against }) => against === 'base')?.finding).toBe('undecided');
    }
    expect(report.warnings[0]).toMatch(/^The adapter changed nothing: on every scored row its answers are as likely/);
  });
});

describe('a report with hardly any rows of a task', () => {
  it('says how wide the interval is', () => {
    expect(reportOn({ users: 12 }).warnings).toContainEqual(
      expect.stringMatching(
        /^ranking \(1\+5\) has only 12 users on test: the interval of its NDCG@10 \(1\+5\) is 0\.\d+ wide/,
      ),
    );
  });

  it('gives no interval for a single user', () => {
    const report = reportOn({ users: 1 });
    expect(taskOf(report, 'ranking').verdicts[0]).toMatchObject({ finding: 'not-defined' });
    expect(report.warnings).toContainEqual('ranking (1+5) has only 1 user on test: no interval can be given.');
  });
});

describe('predictions of mixed rows that do not fit', () => {
  it('end with a data error for a row with too few choices', () => {
    const input = inventMixed();
    const predictions = input.test.adapter.predictions.map((one) =>
      one.choices?.length === 6 ? { ...one, choices: one.choices.slice(1) } : one,
    );
    const test = { ...input.test, adapter: { ...input.test.adapter, predictions } };
    expect(() => makeReport({ ...input, test })).toThrow(/could have had 6 answers, and the prediction is about 5/);
  });

  it('end with a data error where the log has another scale', () => {
    const input = inventMixed({ ratings: false });
    expect(() => makeReport(input)).toThrow(/offers 5 ratings, and the log has 0/);
  });
});

describe.each([
  { form: 'HTML', render: renderHtml },
  { form: 'Markdown', render: renderMarkdown },
])('the $form report of mixed tasks', ({ render }) => {
  it('shows the overview, a sentence a task and every model', () => {
    const report = reportOn();
    const text = render(report)
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replace(/\\([_#~*[\]|])/g, '$1');
    expect(text).toContain(report.overview);
    for (const { verdicts } of report.tasks) for (const { sentence } of verdicts) expect(text).toContain(sentence);
    for (const name of ['NDCG@10 (1+5)', 'popularity in train', 'uniform chance', 'cell of the grid: p1-i0-t3-plain']) {
      expect(text).toContain(name);
    }
  });

  it('is made without judgements too', () => {
    const text = render(makeReport(inventMixed({ judgements: false })));
    expect(text).not.toMatch(/undefined|NaN|Curves on|Paired differences/);
  });
});

it('the HTML report shows what was shown and what not before any table', () => {
  const { document } = parseHTML(renderHtml(reportOn()));
  const [first] = [...document.querySelectorAll('section')];
  expect(first?.querySelector('.overview')?.textContent).toMatch(/^On test the adapter beats/);
  expect(first?.querySelectorAll('table').length).toBe(0);
  expect(first?.querySelectorAll('.verdict').length).toBe(6); // two of the judgements, one a task
});

it('every model of a task has a title that a report prints', () => {
  const text = renderMarkdown(reportOn()).replaceAll('\\', '');
  expect(TASK_MODELS.length).toBe(10);
  for (const { splits } of reportOn().tasks) for (const { models } of splits) expect(models.length).toBeGreaterThan(1);
  expect(text).toContain("mean with the user's and the item's bias");
});
