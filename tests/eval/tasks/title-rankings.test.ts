import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportOptions } from '../../../src/core/report.js';
import type { RankingResult } from '../../../src/core/title-ranking.js';
import { targetRank } from '../../../src/eval/metrics/ranked-list.js';
import { hitRate, ndcg } from '../../../src/eval/metrics/ranking.js';
import { metBefore } from '../../../src/eval/tasks/met-before.js';
import { rankingReport } from '../../../src/eval/tasks/ranking-report.js';
import { writtenRank } from '../../../src/eval/tasks/title-rankings.js';

const one = () => 1;
const told = (...scores: [number, number][]) =>
  scores.map(([title, logProbability]) => ({ titles: [title], logProbability }));

describe('the rank of a written target', () => {
  it('is that of its score when every title is told', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -4, max: 0 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (scores, pick) => {
          const target = pick % scores.length;
          const order = scores.map((score, title): [number, number] => [title, score]).sort((a, b) => b[1] - a[1]);
          const list = writtenRank(told(...order), target, one, scores.length);
          const plain = targetRank(scores, target);
          for (let k = 1; k <= scores.length; k++)
            expect([hitRate(list, k), ndcg(list, k)]).toEqual([hitRate(plain, k), ndcg(plain, k)]);
        },
      ),
    );
  });

  it.each([
    { case: 'second', best: told([4, -1], [2, -2]), target: 2, hit: 1, gain: 1 / Math.log2(3) },
    { case: 'not told', best: told([4, -1], [2, -2]), target: 7, hit: 0, gain: 0 },
  ])('counts a target that is $case', ({ best, target, hit, gain }) => {
    const list = writtenRank(best, target, one, 100);
    expect(hitRate(list, 2)).toBe(hit);
    expect(ndcg(list, 2)).toBeCloseTo(gain, 12);
  });

  it('shares a place among items with the same title, and among titles with the same tokens', () => {
    const best = [{ titles: [0, 3], logProbability: -1 }, ...told([1, -2])];
    const items = (title: number) => (title === 3 ? 2 : 1); // of 3 items with the target's tokens one is right
    expect(hitRate(writtenRank(best, 3, items, 10), 1)).toBeCloseTo(1 / 3, 12);
    expect(hitRate(writtenRank(best, 1, items, 10), 3)).toBe(0);
    expect(hitRate(writtenRank(best, 1, items, 10), 4)).toBe(1);
  });
});

const OPTIONS = ReportOptions.parse({ resamples: 100 });
const answered = (row: number, target: number, adapter: number[], base: number[]) => {
  const best = (titles: number[]) => ({
    best: titles.map((title, place) => ({ titles: [title], logProbability: -place })),
    certain: row === 0 ? titles.length : 0,
    seconds: row + 1,
  });
  return { row, target, adapter: best(adapter), base: best(base) };
};
const RESULT: RankingResult = {
  format: 1,
  versionHash: 'v',
  runId: 'r',
  modelHash: 'm',
  adapterHash: 'a',
  set: 'catalogue',
  titles: [
    { title: 'A', items: ['a'] },
    { title: 'B', items: ['b', 'b2'] },
    { title: 'C', items: ['c'] },
    { title: 'D', items: ['d'] },
  ],
  beams: 4,
  top: 3,
  seed: 1,
  eligible: 9,
  engine: 'v1',
  threads: 1,
  answers: [answered(0, 2, [2, 0, 1], [0, 1, 2]), answered(4, 0, [2, 1, 3], [0, 2, 3])],
};
const ITEM = ['c', 'a'];
const rowOf = (row: number) => ({
  instruction: {
    row,
    userId: `u${row}`,
    itemId: ITEM[row === 0 ? 0 : 1] as string,
    candidates: ['a', 'b', 'c', 'd'],
    scored: 'likelihood' as const,
  },
});
const interaction = (itemId: string, logIndex: number) => ({ itemId, userId: 'x', rating: 5, timestamp: 0, logIndex });

describe('a ranking over the catalogue', () => {
  it('has the metrics that its told titles decide, for adapter, base model and popularity', () => {
    const train = ['c', 'c', 'a'].map(interaction);
    const report = rankingReport(RESULT, rowOf, { train }, OPTIONS);
    expect(report).toMatchObject({ list: 'all 5', rows: 2, users: 2, eligible: 9, written: { sharedItems: 2 } });
    expect(report.metrics).toEqual(['accuracy', 'hit3']);
    const values = report.entries.map(({ model, by, metrics }) => [
      model,
      by,
      metrics.accuracy?.value,
      metrics.hit3?.value,
    ]);
    expect(values).toEqual([
      ['adapter', 'written', 0.5, 0.5],
      ['base', 'written', 0.5, 0.5], // C stands behind A and the two items of B
      ['popularity', null, 0.5, 1],
    ]);
    expect(report.written?.search[0]).toEqual({ model: 'adapter', certain: 0.5, seconds: { median: 3, p99: 4.96 } });
  });
});

describe('a ranking over what the users have not met', () => {
  it('drops what was met, keeps a target that was, and tells where too few titles are left', () => {
    // Of row 0 the first told title was met and a part of the second; of row 4 two of three told ones.
    const met = (row: number) => new Set(row === 0 ? ['a', 'b2'] : ['c', 'b', 'b2']);
    const result = { ...RESULT, answers: [answered(0, 2, [0, 1, 2], [0]), answered(4, 0, [2, 1, 3], [1, 0])] };
    const report = rankingReport(result, rowOf, { train: ['a', 'a', 'd'].map(interaction), met }, OPTIONS);
    const values = report.unmet?.entries.map(({ model, metrics }) => [
      model,
      metrics.accuracy?.value,
      metrics.hit3?.value,
    ]);
    expect(report.unmet?.list).toBe('all 5 but met');
    expect(values).toEqual([
      ['adapter', 0, 1], // C stands behind B, one item of which is left; A is the only one that is left behind D
      ['base', expect.closeTo((1 / 3 + 1) / 2, 12), 1], // C is not told: anywhere among three
      ['popularity', 0.5, 1], // of row 0: D before B and C, which tie
    ]);
    expect(report.unmet?.short).toEqual([
      { model: 'adapter', share: 0 },
      { model: 'base', share: 0.5 }, // of row 0 no title is left for a cutoff of 3
    ]);
    expect(rankingReport(result, rowOf, { met: () => new Set() }, OPTIONS).unmet?.entries).toEqual(
      rankingReport(result, rowOf, {}, OPTIONS).entries,
    );
  });

  it('counts as met what stands earlier, by time and else by line, and what the history shows, but never the target', () => {
    const line = fc.record({
      userId: fc.constantFrom('u', 'v'),
      itemId: fc.constantFrom('a', 'b', 'c', 'd'),
      timestamp: fc.option(fc.nat(3)),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (drawn, pick, shown) => {
        const log = drawn.map((one, logIndex) => ({ ...one, logIndex }));
        const target = log[pick % log.length] as (typeof log)[number];
        const history = log.filter(
          ({ userId, logIndex }) => userId === target.userId && logIndex === shown % log.length,
        );
        const row = { row: 7, userId: target.userId, itemId: target.itemId, target: target.logIndex };
        const found = metBefore(log, [{ ...row, historyInteractions: history.map(({ logIndex }) => logIndex) }])?.(7);
        const dated = (one: (typeof log)[number]) => one.timestamp !== null && target.timestamp !== null;
        const expected = log.filter(
          (one) =>
            one.userId === target.userId &&
            one.itemId !== target.itemId &&
            (history.includes(one) ||
              (dated(one) && one.timestamp !== target.timestamp
                ? (one.timestamp as number) < (target.timestamp as number)
                : one.logIndex < target.logIndex)),
        );
        expect([...(found ?? [])].sort()).toEqual([...new Set(expected.map(({ itemId }) => itemId))].sort());
      }),
    );
    expect(metBefore([], [])).toBeUndefined();
  });
});

describe('a ranking of candidates', () => {
  const result: RankingResult = {
    ...RESULT,
    set: 'candidates',
    titles: null,
    top: 4,
    answers: [answered(0, 2, [2, 0, 1, 3], [0, 1, 2, 3]), answered(4, 0, [2, 1, 3, 0], [0, 2, 3, 1])],
  };
  const scored = (sums: number[]) => ({
    choices: sums.map((sum) => ({ sum, tokens: 2, first: -sum })),
    logOdds: null,
  });

  it('stands beside the rankings of the same rows by likelihood, where there are predictions', () => {
    const prediction = { ...scored([-3, -2, -1, -4]), row: 0, user: 'u', item: 'i', label: null, droppedHistory: 0 };
    const report = rankingReport(
      result,
      (row) => ({ ...rowOf(row), adapter: prediction, base: prediction }),
      {},
      OPTIONS,
    );
    expect(report.list).toBe('1+3');
    expect(report.metrics).toEqual(['accuracy', 'hit3', 'ndcg10', 'mrr', 'rbp']);
    expect(report.entries.map(({ model, by, metrics }) => [model, by, metrics.accuracy?.value])).toEqual([
      ['adapter', 'written', 0.5],
      ['base', 'written', 0.5],
      ['adapter', 'sum', 0.5],
      ['base', 'sum', 0.5],
      ['adapter', 'mean', 0.5],
      ['base', 'mean', 0.5],
      ['adapter', 'first', 0],
      ['base', 'first', 0],
    ]);
    expect(rankingReport(result, rowOf, {}, OPTIONS).entries).toHaveLength(2);
  });

  it('refuses a row that the version has not', () => {
    expect(() => rankingReport(result, () => undefined, {}, OPTIONS)).toThrow('row 0');
  });
});
