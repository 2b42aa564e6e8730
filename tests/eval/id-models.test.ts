import { describe, expect, it } from 'vitest';
import { ID_MODELS, type IdModelId, idModelTitle, protocolOf } from '../../src/core/id-models.js';
import { METRICS, ReportOptions } from '../../src/core/report.js';
import { besideBaseline, bestIdModels } from '../../src/eval/id-standing.js';
import { renderHtml } from '../../src/eval/report/html.js';
import { renderLatex } from '../../src/eval/report/latex.js';
import { renderMarkdown } from '../../src/eval/report/markdown.js';
import { evaluate, makeReport, type ReportInput } from '../../src/eval/report.js';
import { spreadOver } from '../../src/eval/spread.js';
import { summarizeReport } from '../../src/eval/summary.js';
import { inventInput } from './fixtures.js';
import { type FitWorld, inventFit, keptFit } from './invented-fits.js';
import { inventMixed } from './mixed-fixtures.js';

const options = ReportOptions.parse({ resamples: 200 });
const NO_FIGURE = { value: null, low: null, high: null, leftOut: 0 };

function withFits(input: ReportInput, ...worlds: FitWorld[]): ReportInput {
  return { ...input, options, fits: worlds.map((world) => keptFit(inventFit(input, world))) };
}

/** The definition: of all pairs of a liked row and one that was not, how many are in order; ties one half. */
function pairwiseAuc(scores: readonly number[], labels: readonly boolean[]): number {
  let [won, pairs] = [0, 0];
  scores.forEach((liked, i) => {
    scores.forEach((other, j) => {
      if (!labels[i] || labels[j]) return;
      pairs += 1;
      won += liked > other ? 1 : liked === other ? 0.5 : 0;
    });
  });
  return won / pairs;
}

/** Mean over random tie breaks of 1 / log2(rank + 1) up to rank 10, by going through the ranks that a tie can give. */
function meanNdcg(rows: readonly { scores: readonly number[]; relevant: readonly number[] }[]): number {
  const values = rows.map(({ scores, relevant: [target = -1] }) => {
    const own = scores[target] as number;
    const above = scores.filter((score) => score > own).length;
    const tied = scores.filter((score) => score === own).length;
    const gains = Array.from({ length: tied }, (_, k) => (above + k < 10 ? 1 / Math.log2(above + k + 2) : 0));
    return gains.reduce((sum, gain) => sum + gain, 0) / tied;
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('ID models on judgements', () => {
  const input = inventInput({ users: 20, rowsPerUser: 8 });
  const labels = input.test.instructions.map(({ label }) => label === true);

  it.each([{ skill: 0 }, { skill: 0.5, steps: 1 }, { skill: 2, steps: 100 }])(
    'have the AUC of the pairwise definition under each seed, ties and all ($skill)',
    (world) => {
      const fitted = withFits(input, { model: 'bpr', seeds: 3, ...world });
      const report = makeReport(fitted);
      const seeds = fitted.fits[0]?.result.seeds ?? [];
      const values = seeds.map(({ test }) =>
        pairwiseAuc(
          test.map(({ scores }) => scores[0] as number),
          labels,
        ),
      );
      const [spread] = report.idModels.spread;
      spread?.values.forEach((value, seed) => {
        expect(value).toBeCloseTo(values[seed] as number, 12);
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      expect(spread?.mean).toBeCloseTo(mean, 12);
      const own = report.splits[0]?.models.find(({ model }) => model === 'bpr-full')?.metrics;
      expect(own?.auc.value).toBe(spread?.values[0]); // the first seed is paired with the adapter
      const paired = report.differences.find(
        ({ split, metric, second }) => split === 'test' && metric === 'auc' && second === 'bpr-full',
      );
      const adapter = report.splits[0]?.models.find(({ model }) => model === 'adapter')?.metrics;
      expect(paired?.difference.value).toBeCloseTo((adapter?.auc.value as number) - (own?.auc.value as number), 12);
      expect(paired?.tests.holm.bootstrap as number).toBeGreaterThanOrEqual(paired?.tests.bootstrap as number);
    },
  );

  it('have no metric that needs probabilities, and the page says why', () => {
    const report = makeReport(withFits(input, { model: 'din' }));
    const own = report.splits[0]?.models.find(({ model }) => model === 'din-full')?.metrics;
    for (const metric of ['logLoss', 'accuracy', 'f1', 'brier'] as const) expect(own?.[metric]).toEqual(NO_FIGURE);
    const compared = report.differences.filter(({ split, second }) => split === 'test' && second === 'din-full');
    expect(compared.map(({ metric }) => metric)).toEqual(['auc', 'uauc', 'uaucByRows']);
    expect(renderHtml(report)).toContain(
      'which is no probability: log loss, accuracy, F1 and Brier score are not defined',
    );
    expect(renderMarkdown(report)).toContain('no probabilities');
  });

  it('are corrected by Holm among all models that the adapter is compared with', () => {
    const report = makeReport(
      withFits(input, { model: 'pop' }, { model: 'ease' }, { model: 'ease', protocol: 'shots' }),
    );
    const family = report.differences.filter(({ split, metric }) => split === 'test' && metric === 'auc');
    expect(family).toHaveLength(7 + 3); // base model and six baselines, three ID models
    const least = Math.min(...family.map(({ tests }) => tests.bootstrap as number));
    expect(Math.min(...family.map(({ tests }) => tests.holm.bootstrap as number))).toBeCloseTo(
      Math.min(1, 10 * least),
      12,
    );
  });

  it('stand under the name of what they learned from, with the adapter before them', () => {
    const report = makeReport(withFits(input, { model: 'sasrec', protocol: 'shots' }, { model: 'sasrec' }));
    expect(report.splits[0]?.models.map(({ model }) => model).slice(-2)).toEqual(['sasrec-full', 'sasrec-shots']);
    for (const text of [renderHtml(report), renderMarkdown(report), renderLatex(report)]) {
      expect(text).toMatch(/SASRec \(all of train\)/);
      expect(text).toMatch(/SASRec \(the run(&#39;|')s 64 rows\)/);
    }
  });

  it('are in the rows behind the figures, as they said it', () => {
    const fitted = withFits(input, { model: 'ease' }, { model: 'ease', protocol: 'shots', skill: 0 });
    const { rows } = evaluate(fitted);
    const [full, shots] = fitted.fits.map(({ result }) => result.seeds[0]?.test ?? []);
    rows
      .filter(({ split }) => split === 'test')
      .forEach(({ said }, place) => {
        expect(said['ease-full']).toBe(full?.[place]?.scores[0]);
        expect(said['ease-shots']).toBe(shots?.[place]?.scores[0]);
      });
  });

  it('are told how they were tuned and from how much', () => {
    const report = makeReport(withFits(input, { model: 'ease', protocol: 'shots' }));
    expect(report.idModels.fits).toEqual([
      expect.objectContaining({ model: 'ease-shots', kind: 'judgement', interactions: 130, chosen: 1 }),
    ]);
    const page = renderMarkdown(report);
    expect(page).toContain("| EASE (the run's 64 rows) | 130 | 2 | l2 50 | 0.610 | - |");
    const learned = makeReport(withFits(input, { model: 'bpr', seeds: 2 }));
    expect(renderMarkdown(learned)).toContain('| BPR (all of train) | 4,000 | 2 | l2 50 | 0.610 | 7, 7 |');
    expect(page).toContain('None was fitted on all of train: rectune fit tiny-bbbbbbbb.');
    expect(page).toMatch(
      /Not fitted: Pop \(the run's 64 rows\), .*\. rectune fit tiny-bbbbbbbb --protocol shots --models pop,item-knn,bpr,gru4rec,sasrec,caser,din fits them/,
    );
  });

  it('say beside their settings where the softmax was over items that were drawn', () => {
    const [fit] = withFits(input, { model: 'gru4rec' }).fits;
    if (!fit) throw new Error('no fit was invented');
    const trials = fit.result.trials.map(({ settings, value }) => ({
      settings: { ...settings, sampledItems: 1000 },
      value,
    }));
    const sampled = { ...fit, result: { ...fit.result, trials } };
    const page = renderMarkdown(makeReport({ ...input, fits: [sampled], options }));
    expect(page).toContain('softmax sampled, 1,000 items a batch');
  });

  it('are asked for by a command where none was fitted', () => {
    const page = renderMarkdown(makeReport({ ...input, options }));
    expect(page).toContain('No model of users and items was fitted on these rows');
    expect(page).toContain(
      'rectune fit tiny-bbbbbbbb, rectune fit tiny-bbbbbbbb --protocol shots, then rectune report',
    );
  });

  it('refuse a fit that is about other rows', () => {
    const fitted = withFits(input, {});
    const [fit] = fitted.fits;
    if (!fit) throw new Error('one was invented');
    const [seed] = fit.result.seeds;
    const broken = (test: NonNullable<typeof seed>['test']) => ({
      ...fitted,
      fits: [{ ...fit, result: { ...fit.result, seeds: [{ ...(seed as NonNullable<typeof seed>), test }] } }],
    });
    const rows = seed?.test ?? [];
    expect(() => evaluate(broken(rows.slice(1)))).toThrow('says nothing of row 0 of split "test"');
    const turned = rows.map((row) => ({ ...row, relevant: row.relevant.length === 0 ? [0] : [] }));
    expect(() => evaluate(broken(turned))).toThrow('is about another row than row 0');
  });
});

describe('the ID model that the adapter has to beat', () => {
  const input = inventInput({ users: 30, rowsPerUser: 10, adapterSkill: 1, generosity: 0.2 });

  it('is chosen on valid, never on test, one of each protocol', () => {
    const report = makeReport(
      withFits(
        input,
        { model: 'ease', skill: 3, validSkill: 0 },
        { model: 'pop', skill: 0, validSkill: 3 },
        { model: 'bpr', protocol: 'shots', skill: 0, validSkill: 1 },
      ),
    );
    expect(report.idModels.best.map(({ protocol, model }) => [protocol, model])).toEqual([
      ['full', 'pop-full'],
      ['shots', 'bpr-shots'],
    ]);
    expect(report.idModels.best[0]?.chosenBy).toMatch(/The best of 2 by AUC on valid/);
    expect(report.verdicts.map(({ against }) => against)).toEqual([
      report.baseline?.model,
      'base',
      'pop-full',
      'bpr-shots',
    ]);
    expect(report.warnings.join()).toContain(
      'beats the ID model that was chosen on valid, but by AUC it does not beat EASE',
    );
  });

  it('is named where the adapter beats the trivial baseline and not it', () => {
    const report = makeReport(withFits(input, { model: 'ease', skill: 4 }));
    expect(report.verdicts[0]).toMatchObject({ finding: 'beats' });
    const sentence = report.verdicts.at(-1)?.sentence;
    expect(sentence).toContain('is worse than the best ID model, "EASE (all of train)"');
    expect(sentence).toMatch(
      /beats the best trivial baseline, and is not shown to beat a recommender that reads no text\.$/,
    );
    for (const text of [renderHtml(report), renderMarkdown(report), summarizeReport(report)]) {
      expect(text).toContain('is not shown to beat a recommender that reads no text.');
    }
  });

  it.each([
    { baseline: 'beats', idModel: 'worse', says: true },
    { baseline: 'beats', idModel: 'undecided', says: true },
    { baseline: 'beats', idModel: 'beats', says: false },
    { baseline: 'undecided', idModel: 'worse', says: false },
    { baseline: undefined, idModel: 'worse', says: false },
  ] as const)('adds a remark ($says) to $idModel where the trivial baseline gave $baseline', (one) => {
    expect(besideBaseline(one.baseline, one.idModel) !== '').toBe(one.says);
  });

  it('is settled by rule where valid decides nothing, and of equal ones the first', () => {
    const told = { title: 'AUC', better: 'higher' as const, titles: String };
    const models: IdModelId[] = ['pop-full', 'sasrec-full', 'pop-shots'];
    expect(bestIdModels(models, () => undefined, told).map(({ model }) => model)).toEqual(['sasrec-full', 'pop-shots']);
    expect(bestIdModels(models, () => 0.5, told).map(({ model }) => model)).toEqual(['pop-full', 'pop-shots']);
    const lower = { ...told, better: 'lower' as const };
    expect(bestIdModels(models, (model) => model.length, lower)[0]?.model).toBe('pop-full');
  });
});

describe('ID models on lists', () => {
  const input = inventMixed({ users: 15 }, { users: 10, rowsPerUser: 4 });

  it('have NDCG by the definition, of every task that is a list and of no other', () => {
    const fitted = withFits(input, { model: 'gru4rec', kind: 'choice', seeds: 2, steps: 1 }, { model: 'ease' });
    const report = makeReport(fitted);
    const rows = new Map(input.test.instructions.map(({ row, templateId }) => [row, templateId]));
    const answering = report.tasks.filter(({ idModels }) => idModels.spread.length > 0);
    expect(answering.map(({ task }) => task)).toEqual(['pairwise', 'ranking']);
    const ranking = report.tasks.find(({ task }) => task === 'ranking');
    fitted.fits[0]?.result.seeds.forEach(({ test }, seed) => {
      const own = test.filter(({ row }) => rows.get(row)?.startsWith('rank'));
      expect(ranking?.idModels.spread[0]?.values[seed]).toBeCloseTo(meanNdcg(own), 12);
    });
    const figures = ranking?.splits[0]?.models.find(({ model }) => model === 'gru4rec-full')?.metrics;
    expect(figures?.ndcg10?.value).toBe(ranking?.idModels.spread[0]?.values[0]);
    expect(Object.keys(figures ?? {})).toEqual(ranking?.metrics);
    expect(ranking?.verdicts.map(({ against }) => against)).toEqual([ranking?.baseline?.model, 'base', 'gru4rec-full']);
    expect(report.overview).toMatch(/The best ID model that learned from all of train is (not )?beaten in/);
    expect(renderMarkdown(report)).toMatch(/NDCG@10 \(1\+5\) on test of the ID models over their seeds/);
  });

  it('say the rank of the target of each row', () => {
    const fitted = withFits(input, { model: 'pop', kind: 'choice', steps: 1 });
    const scores = new Map(fitted.fits[0]?.result.seeds[0]?.test.map((row) => [row.row, row]));
    const lists = evaluate(fitted).rows.filter(({ split, kind }) => split === 'test' && kind === 'choice');
    expect(lists.length).toBeGreaterThan(30);
    for (const { row, said } of lists) {
      const own = scores.get(Number(row.split('/').at(-1)));
      const target = own?.scores[own.relevant[0] as number] as number;
      const above = own?.scores.filter((score) => score > target).length as number;
      const tied = own?.scores.filter((score) => score === target).length as number;
      expect(said['pop-full']).toBe(above + (tied + 1) / 2);
    }
  });

  it('stand beside the adapter on every part of the rows and in the curve of ranks, those of the verdict', () => {
    const fitted = withFits(
      input,
      { model: 'gru4rec', kind: 'choice', steps: 1 },
      { model: 'pop', kind: 'choice', validSkill: 0 },
      { model: 'ease', protocol: 'shots' },
      { model: 'bpr' },
    );
    const { report, rows } = evaluate(fitted);
    const listed = new Map(fitted.fits[0]?.result.seeds[0]?.test.map((row) => [row.row, row]));
    const judged = new Map(fitted.fits[3]?.result.seeds[0]?.test.map((row) => [row.row, row]));
    expect(new Set(report.slices.map(({ task }) => task))).toEqual(
      new Set(['judgement', ...report.tasks.map(({ task }) => task)]),
    );
    for (const { task, by, name, idModels, rows: count } of report.slices) {
      const behind = rows.filter((row) => row.split === 'test' && row.task === task && row.parts[by] === name);
      expect(behind).toHaveLength(count);
      const numbers = behind.map(({ row }) => Number(row.split('/').at(-1)));
      const models = idModels.map(({ model }) => model);
      if (task === 'judgement') {
        expect(models).toEqual(['bpr-full', 'ease-shots']);
        const own = pairwiseAuc(
          numbers.map((row) => judged.get(row)?.scores[0] as number),
          behind.map(({ came }) => came === true),
        );
        if (Number.isNaN(own)) expect(idModels[0]?.estimate.value).toBeNull();
        else expect(idModels[0]?.estimate.value).toBeCloseTo(own, 12);
      } else if (task === 'ranking') {
        expect(models).toEqual(['gru4rec-full']);
        const own = numbers.map((row) => listed.get(row) as { scores: number[]; relevant: number[] });
        expect(idModels[0]?.estimate.value).toBeCloseTo(meanNdcg(own), 12);
      } else if (task === 'rating') expect(models).toEqual([]);
    }
    const ranking = report.tasks.find(({ task }) => task === 'ranking');
    const curve = ranking?.curve.of === 'ranks' ? ranking.curve.models : [];
    expect(curve.map(({ model }) => model)).toEqual(['adapter', 'base', ranking?.baseline?.model, 'gru4rec-full']);
    const figures = ranking?.splits[0]?.models.find(({ model }) => model === 'gru4rec-full')?.metrics;
    expect(curve[3]?.shares[2]).toBeCloseTo(figures?.hit3?.value as number, 12);
    expect(renderMarkdown(report)).toMatch(
      /\| part \| rows \| users \| adapter \| base model \| adapter - base \| GRU4Rec \(all of train\) \|/,
    );
  });
});

it('every ID model has a name of its own that says what it learned from', () => {
  const titles = ID_MODELS.map((model) => idModelTitle(model, 1));
  expect(new Set(titles).size).toBe(16);
  expect(ID_MODELS.map(protocolOf).filter((protocol) => protocol === 'shots')).toHaveLength(8);
  expect(idModelTitle('item-knn-shots', 1)).toBe("ItemKNN (the run's 1 row)");
  expect(METRICS).toContain('auc');
});

it('the spread is none where a value is not defined', () => {
  expect(spreadOver([0.5, null])).toEqual({ mean: null, deviation: null });
  expect(spreadOver([0.5])).toEqual({ mean: 0.5, deviation: null });
  expect(spreadOver([])).toEqual({ mean: null, deviation: null });
});
