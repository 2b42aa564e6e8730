import { describe, expect, it } from 'vitest';
import { PROBES } from '../../../src/core/probe.js';
import type { FormsOfTask } from '../../../src/core/report-trust.js';
import { auc } from '../../../src/eval/metrics/auc.js';
import { evaluate, makeReport, type ReportInput } from '../../../src/eval/report.js';
import { toldDoubts } from '../../../src/eval/trust/doubts.js';
import { inventInput } from '../fixtures.js';
import { inventMixed } from '../mixed-fixtures.js';
import { inventProbes, type ProbeWorld, plainScores } from './invented-probes.js';

const withProbes = (input: ReportInput, world: ProbeWorld = {}): ReportInput => ({
  ...input,
  probes: inventProbes(input, world),
});
const formsOf = (report: ReturnType<typeof makeReport>, probe: string, task = 'judgement'): FormsOfTask => {
  const found = report.trust.forms.find((one) => one.probe === probe && one.task === task);
  if (!found) throw new Error(`${probe} says nothing of ${task}`);
  return found;
};

describe('the trust panel of judgements', () => {
  const input = withProbes(inventInput());
  const report = makeReport(input);

  it('names every probe, with what was asked, and the command for those that were not', () => {
    expect(report.trust.probes.map(({ probe }) => probe)).toEqual(PROBES);
    const none = makeReport(inventInput()).trust;
    expect(none.forms).toEqual([]);
    expect(none.completion).toBeNull();
    expect(none.serving).toBeNull();
    for (const { reason, command, asked } of none.probes) {
      expect([reason, command, asked]).toEqual(['Not asked.', 'rectune probe tiny-bbbbbbbb', 0]);
    }
    const order = report.trust.probes.find(({ probe }) => probe === 'order');
    expect(order).toMatchObject({ asked: 0, reason: 'The rows are no lists of candidates.' });
  });

  it('has the figures of the definitions, by loops over the answers', () => {
    const result = input.probes.find(({ result: one }) => one.probe === 'history')?.result;
    if (result?.probe !== 'history') throw new Error('no history');
    const { forms } = formsOf(report, 'history');
    forms.forEach(({ adapter, rows, users }, variant) => {
      const labels: boolean[] = [];
      const [was, is]: [number[], number[]] = [[], []];
      const met = new Set<string>();
      for (const answer of result.answers) {
        if (answer.variant !== variant) continue;
        const row = input.test.instructions.find((one) => one.row === answer.row);
        if (!row) throw new Error('no row');
        labels.push(row.label === true);
        met.add(row.userId);
        was.push(plainScores(input, row, 'adapter')[0] as number);
        is.push(answer.adapter[0] as number);
      }
      expect([rows, users]).toEqual([labels.length, met.size]);
      expect(adapter.plain.value).toBe(auc(was, labels));
      expect(adapter.shown.value).toBe(auc(is, labels));
      let [change, flips] = [0, 0];
      was.forEach((value, row) => {
        change += Math.abs((is[row] as number) - value) / was.length;
        flips += value > 0 === (is[row] as number) > 0 ? 0 : 1 / was.length;
      });
      expect(adapter.change.value).toBeCloseTo(change, 12);
      expect(adapter.flips.value).toBeCloseTo(flips, 12);
    });
  });

  it('gives the best and the worst wording, the means of seen and unseen ones, and the rows that flip in any', () => {
    const { forms, adapter, wording } = formsOf(report, 'wording');
    const values = forms.map(({ adapter: { shown } }) => shown.value as number);
    const own = forms[0]?.adapter.plain.value as number;
    expect(adapter.spread.value).toBeCloseTo(Math.max(own, ...values) - Math.min(own, ...values), 12);
    expect(wording).toMatchObject({ seen: 3, unseen: 6 });
    const mean = (all: number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
    expect(wording?.adapter.seen.value).toBeCloseTo(mean([own, ...values.slice(0, 2)]), 12);
    expect(wording?.adapter.unseen.value).toBeCloseTo(mean(values.slice(2)), 12);
    const most = Math.max(...forms.map((form) => form.adapter.flips.value as number));
    expect(adapter.flips.value).toBeGreaterThanOrEqual(most);
  });

  it('shows a row as it is and in each form, by which template, and nothing where no texts were kept', () => {
    const { texts } = formsOf(report, 'wording');
    const [plain, first] = texts;
    expect(texts.map(({ form }) => form)).toEqual([
      'as it is',
      ...Array.from({ length: 8 }, (_, i) => `wordings/some-${i + 1}`),
    ]);
    expect(texts.map(({ seen }) => seen)).toEqual([true, true, true, ...Array(6).fill(false)]);
    expect(new Set(texts.map(({ row }) => row)).size).toBe(1);
    const shown = input.test.instructions.find(({ row }) => plain?.row.endsWith(`/test/${row}`));
    expect([plain?.prompt, plain?.template, plain?.answers]).toEqual([shown?.prompt, 'invented', ['Yes.', 'No.']]);
    expect(first).toMatchObject({ prompt: `Text <b>0</b> of row ${shown?.row}`, templateHash: 'd'.repeat(64) });
    expect(formsOf(report, 'titles').texts).toEqual([]);
  });

  it('tells how stock llama.cpp answers, and how fast', () => {
    const { serving } = report.trust;
    const [judgements] = serving?.tasks ?? [];
    const result = input.probes.find(({ result: one }) => one.probe === 'serving')?.result;
    if (result?.probe !== 'serving' || !judgements) throw new Error('nothing served');
    let largest = { by: -1, row: -1 };
    for (const { row, scores } of result.answers) {
      const ours = plainScores(input, { row }, 'adapter')[0] as number;
      const by = Math.abs((scores[0] as number) - ours);
      if (by > largest.by) largest = { by, row };
    }
    expect([judgements.largest, judgements.largestRow]).toEqual([largest.by, largest.row]);
    const seconds = result.answers.map((answer) => answer.seconds);
    const total = seconds.reduce((sum, one) => sum + one, 0);
    expect(serving?.promptsPerSecond.value).toBeCloseTo(seconds.length / total, 12);
    expect(serving?.p50.value).toBeGreaterThan(serving?.p50.low as number);
    expect(serving?.p99.high).toBeNull(); // of 60 rows none lies that far out
  });

  it('says that a base model which completes titles has read the catalogue', () => {
    const { completion } = report.trust;
    expect(completion).toMatchObject({ titles: 40, chance: 0.25, finding: 'beats' });
    expect(completion?.sentence).toMatch(/has read of this catalogue, or/);
    const none = makeReport(withProbes(inventInput(), { completes: 0 })).trust.completion;
    expect(none?.sentence).toMatch(/nothing shows/);
  });

  it('tells of every title, the surest first, which ending is the likeliest', () => {
    const { titles } = evaluate(input);
    const asked = input.probes.flatMap(({ result }) => (result.probe === 'completion' ? result.titles : []));
    expect(titles.map(({ itemId }) => itemId).sort()).toEqual(asked.map(({ itemId }) => itemId).sort());
    expect(titles.slice(0, 5)).toEqual(report.trust.completion?.surest.map((one) => expect.objectContaining(one)));
    for (const { itemId, lead, ending, likeliest } of titles) {
      const { sums = [], endings = [] } = asked.find((one) => one.itemId === itemId) ?? {}; // two tokens in each ending
      const [own = 0, ...others] = sums.map((sum) => sum / 2);
      expect(lead).toBeCloseTo(own - Math.max(...others), 12);
      expect(likeliest).toBe(endings[sums.indexOf(Math.max(...sums))]);
      expect(likeliest === ending).toBe(lead >= 0);
    }
  });

  it('puts what a row was told in other forms beside it', () => {
    const group = report.rows.groups.find(({ probe }) => probe === 'history');
    expect(group).toMatchObject({ task: 'judgement', split: 'test', rows: 60 });
    for (const { probed } of group?.worst ?? []) {
      expect(Object.keys(probed ?? {})).toEqual(['history: removed', 'history: shuffled', 'history: swapped']);
    }
  });

  it('has no intervals with one user, and no AUC with one label, and does not call that 0', () => {
    const one = makeReport(withProbes(inventInput({ users: 1, oneLabel: true })));
    const { forms, sentence } = formsOf(one, 'history');
    for (const { adapter } of forms) {
      expect(adapter).toMatchObject({ plain: { value: null }, shown: { value: null }, finding: 'not-defined' });
      expect(adapter.change).toMatchObject({ low: null, high: null });
    }
    expect(sentence).toMatch(/not defined/);
    expect(one.trust.doubts).toEqual([]);
  });

  it('takes probes that were answered with nothing', () => {
    const probes = input.probes.map((kept) => {
      const { result } = kept;
      const reason = 'The log is not here any more.';
      if ('variants' in result) return { ...kept, result: { ...result, rows: [], answers: [], reason } };
      return 'titles' in result
        ? { ...kept, result: { ...result, titles: [], reason } }
        : { ...kept, result: { ...result, answers: [], reason } };
    });
    const { trust } = makeReport({ ...input, probes });
    expect([trust.forms, trust.completion, trust.serving]).toEqual([[], null, null]);
    for (const { reason, file } of trust.probes) {
      expect(reason).toBe('The log is not here any more.');
      expect(file).not.toBeNull();
    }
  });

  it('refuses answers that do not fit the rows', () => {
    const broken = input.probes.map((kept) =>
      kept.result.probe === 'history' ? { ...kept, result: { ...kept.result, rows: [1, 99_999] } } : kept,
    );
    expect(() => makeReport({ ...input, probes: broken })).toThrow(/row 99999, which test has not/);
  });
});

describe('doubts', () => {
  const doubts = (input: ReportInput) => makeReport(input).trust.doubts.map(({ about }) => about);

  it('has none where the adapter reads the history and gains more than forms and serving change', () => {
    const input = inventInput({ users: 60, adapterSkill: 2 });
    const scrambled = withProbes(input, { rows: 900, noise: 0.01, completes: 0 }).probes.map((kept) => {
      if (kept.result.probe !== 'history') return kept;
      const answers = kept.result.answers.map((answer) => ({ ...answer, adapter: [(answer.row * 7919) % 101] }));
      return { ...kept, result: { ...kept.result, answers } };
    });
    expect(doubts({ ...input, probes: scrambled })).toEqual([]);
  });

  it('says so where the adapter is as good without its history', () => {
    const input = inventInput({ users: 60, adapterSkill: 2 });
    expect(doubts(withProbes(input, { rows: 900, noise: 0.01, forgets: 0, completes: 0 }))).toContain('history');
  });

  it('says so where wordings move the figure by more than the gain', () => {
    const input = inventInput({ users: 60, adapterSkill: 1, baseSkill: 0.6 });
    expect(doubts(withProbes(input, { rows: 900, noise: 6 }))).toContain('wording');
  });

  it('says that nothing was learned where the adapter beats neither base model nor baseline nor chance', () => {
    const report = makeReport(withProbes(inventInput({ users: 60, adapterSkill: 0, baseSkill: 0 })));
    expect(report.trust.doubts.map(({ about }) => about)).toEqual(['learning']);
    expect(report.trust.doubts[0]?.sentence).toMatch(/^Nothing was learned.*neither its base model.*nor chance/);
  });

  it('says so once of several tasks', () => {
    const report = makeReport(inventMixed({ identical: true, users: 60 }, { adapterEqualsBase: true, baseSkill: 0 }));
    const nothing = report.trust.doubts.filter(({ about }) => about === 'learning');
    expect(nothing.length).toBeGreaterThan(2);
    const [told, ...others] = toldDoubts(report.trust.doubts);
    for (const { task } of nothing) expect(told?.sentence).toContain(task);
    expect(others.some(({ about }) => about === 'learning')).toBe(false);
  });

  it('says nothing of the kind of an adapter that beats its base model', () => {
    expect(doubts(inventInput({ users: 60, adapterSkill: 2 }))).toEqual([]);
  });
});

describe('the trust panel of mixed tasks', () => {
  const input = withProbes(inventMixed(), { rows: 320 });
  const report = makeReport(input);

  it('tells of each task apart', () => {
    const history = report.trust.forms.filter(({ probe }) => probe === 'history').map(({ task }) => task);
    expect(history).toEqual(report.rows.groups.filter(({ probe }) => probe === 'history').map(({ task }) => task));
    expect(new Set(history)).toEqual(new Set(['judgement', 'ranking', 'pairwise', 'rating', 'taste']));
    const text = formsOf(report, 'history', 'taste');
    expect(text.forms[0]?.adapter.flips.value).toBeNull();
    expect(text.forms[0]?.adapter.change.value).toBeGreaterThan(0);
  });

  it('finds that the first place is favoured, in lists of two and longer ones', () => {
    for (const task of ['pairwise', 'ranking']) {
      const { order } = formsOf(report, 'order', task);
      expect(order?.adapter.places[0]?.low).toBeGreaterThan(0);
      expect(order?.adapter.bias.value).toBeGreaterThan(0.03);
      expect(order?.stable).toBe(true);
    }
  });

  it('takes the log-odds of a pair as it is for both of its candidates, and refuses them where the order is another', () => {
    const alone = (name: string) =>
      input.probes.map((kept) => {
        const { result } = kept;
        if (result.probe !== name || !('answers' in result)) return kept;
        const one = (scores: number[]) =>
          scores.length === 2 ? [(scores[0] as number) - (scores[1] as number)] : scores;
        const answers = result.answers.map((answer) =>
          'variant' in answer
            ? { ...answer, adapter: one(answer.adapter), base: one(answer.base) }
            : { ...answer, scores: one(answer.scores) },
        );
        return { ...kept, result: { ...result, answers } } as typeof kept;
      });
    const served = (made: typeof report) => made.trust.serving?.tasks.find(({ task }) => task === 'pairwise')?.served;
    expect(served(makeReport({ ...input, probes: alone('serving') }))).toEqual(served(report));
    expect(() => makeReport({ ...input, probes: alone('order') })).toThrow(/1 scores of row .*, which takes 2/);
  });

  it('finds no place favoured where answers do not change with the order', () => {
    const even = makeReport(withProbes(inventMixed(), { rows: 320, placeBias: 0 }));
    for (const task of ['pairwise', 'ranking']) {
      const { order, adapter } = formsOf(even, 'order', task);
      expect(order?.adapter.bias.value).toBeCloseTo(0, 12);
      expect(order?.adapter.difference.value).toBe(0);
      expect(adapter.flips.value).toBe(0);
    }
  });
});
