import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastLabel } from '../../src/eval/baselines/last-label.js';
import { itemLikeRate, userLikeRate } from '../../src/eval/baselines/like-rates.js';
import { likedShare } from '../../src/eval/baselines/liked-share.js';
import { majorityClass } from '../../src/eval/baselines/majority-class.js';
import { targetCount } from '../../src/eval/baselines/target-count.js';
import { countTrainLabels, PRIOR_ROWS } from '../../src/eval/baselines/train-labels.js';
import { accuracy } from '../../src/eval/metrics/accuracy.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { probability } from '../../src/eval/metrics/brier.js';

const history = (...labels: (boolean | null)[]) => ({ historyLabels: labels });
const [yes, no] = [true, false];
type TrainRow = Parameters<typeof countTrainLabels>[0] extends Iterable<infer Row> ? Row : never;
const trainRow = (row: Partial<TrainRow>): TrainRow => ({
  itemId: 'a',
  userId: 'u',
  label: true,
  historyLabels: [],
  ...row,
});

describe('liked share of the shown history', () => {
  it.each([
    { case: '3 of 4', labels: [yes, yes, no, yes], probabilityOfLike: 3.5 / 5 },
    { case: 'all of 2', labels: [yes, yes], probabilityOfLike: 2.5 / 3 },
    { case: 'none of 1', labels: [no], probabilityOfLike: 0.5 / 2 },
    { case: 'an empty history', labels: [], probabilityOfLike: 0.5 },
    { case: 'unknown labels, which are not counted', labels: [null, yes, null], probabilityOfLike: 1.5 / 2 },
  ])('is smoothed for $case', ({ labels, probabilityOfLike }) => {
    const [logOdds] = likedShare([history(...labels)]);
    expect(probability(logOdds as number)).toBeCloseTo(probabilityOfLike, 12);
  });

  it('has the AUC of the plain share where all histories have one length', () => {
    const rows = fc.array(
      fc.record({ label: fc.boolean(), historyLabels: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }) }),
    );
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map(({ label }) => label);
        const plain = all.map(({ historyLabels }) => historyLabels.filter(Boolean).length / 10);
        expect(auc(likedShare(all), labels)).toBe(auc(plain, labels));
      }),
    );
  });

  it('is finite on any history', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(yes, no, null)), (labels) => {
        expect(likedShare([history(...labels)]).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe("target's like rate in train", () => {
  const train = countTrainLabels([
    trainRow({ itemId: 'a', label: yes }),
    trainRow({ itemId: 'a', label: yes }),
    trainRow({ itemId: 'a', label: no }),
    trainRow({ itemId: 'b', label: no }),
    trainRow({ itemId: 'c', label: null }),
  ]);
  const mean = 2.5 / 5; // (2 likes + 1/2) / (4 rows + 1)

  it.each([
    { item: 'a', expected: (2 + PRIOR_ROWS * mean) / (3 + PRIOR_ROWS) },
    { item: 'b', expected: (0 + PRIOR_ROWS * mean) / (1 + PRIOR_ROWS) },
    { item: 'c', expected: mean }, // its one row has no label
    { item: 'never seen', expected: mean },
  ])('of $item is smoothed towards the train mean', ({ item, expected }) => {
    const [logOdds] = itemLikeRate([{ itemId: item }], train);
    expect(probability(logOdds as number)).toBeCloseTo(expected, 12);
  });

  it('is one half without train rows, and finite when train has one label only', () => {
    expect(itemLikeRate([{ itemId: 'a' }], countTrainLabels([]))).toEqual([0]);
    const liked = countTrainLabels(Array.from({ length: 50 }, () => trainRow({ itemId: 'a', label: true })));
    const [logOdds] = itemLikeRate([{ itemId: 'a' }], liked);
    expect(logOdds).toBeGreaterThan(3);
    expect(Number.isFinite(logOdds)).toBe(true);
  });

  it('lies between the rate of the item and the train mean on any train split', () => {
    const rows = fc.array(fc.record({ itemId: fc.constantFrom('a', 'b', 'c'), label: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(rows, (all) => {
        const counted = countTrainLabels(all.map(trainRow));
        const whole = (all.filter(({ label }) => label).length + 0.5) / (all.length + 1);
        for (const itemId of new Set(all.map((row) => row.itemId))) {
          const own = all.filter((row) => row.itemId === itemId);
          const rate = own.filter(({ label }) => label).length / own.length;
          const p = probability(itemLikeRate([{ itemId }], counted)[0] as number);
          expect(p).toBeGreaterThanOrEqual(Math.min(rate, whole) - 1e-12);
          expect(p).toBeLessThanOrEqual(Math.max(rate, whole) + 1e-12);
        }
      }),
    );
  });
});

describe('majority class of train', () => {
  const row = (number: number) => ({ row: number });

  it.each([
    { case: 'mostly liked', labels: [yes, yes, no], expected: 2 / 3 },
    { case: 'mostly not liked', labels: [no, no, yes], expected: 1 / 3 },
  ])('calls every row alike when train is $case', ({ labels, expected }) => {
    const train = countTrainLabels(labels.map((label) => trainRow({ itemId: 'a', label })));
    const scores = majorityClass([row(0), row(1), row(2)], train);
    const test = [yes, yes, no];
    expect(accuracy(scores, test)).toBeCloseTo(expected, 12);
    expect(auc(scores, test)).toBe(0.5);
  });

  it('says the smoothed like rate of train', () => {
    const train = countTrainLabels([yes, yes, no].map((label) => trainRow({ itemId: 'a', label })));
    expect(probability(majorityClass([row(0)], train)[0] as number)).toBeCloseTo(2.5 / 4, 12);
  });
});

describe("user's like rate in train", () => {
  const train = countTrainLabels([
    trainRow({ userId: 'ann', label: yes }),
    trainRow({ userId: 'ann', label: no, itemId: 'b' }),
    trainRow({ userId: 'bob', label: yes }),
  ]);

  it.each([
    { user: 'ann', expected: (1 + PRIOR_ROWS * (2.5 / 4)) / (2 + PRIOR_ROWS) },
    { user: 'bob', expected: (1 + PRIOR_ROWS * (2.5 / 4)) / (1 + PRIOR_ROWS) },
    { user: 'never seen', expected: 2.5 / 4 },
  ])('of $user is smoothed towards the train mean', ({ user, expected }) => {
    expect(probability(userLikeRate([{ userId: user }], train)[0] as number)).toBeCloseTo(expected, 12);
  });
});

describe('label of the last item shown', () => {
  const train = countTrainLabels([
    trainRow({ historyLabels: [no, yes], label: yes }),
    trainRow({ historyLabels: [yes, null], label: yes }), // the last one that is known
    trainRow({ historyLabels: [yes, no], label: no }),
    trainRow({ historyLabels: [null], label: no }),
  ]);

  it.each([
    { case: 'a liked one', labels: [no, yes], expected: (2 + PRIOR_ROWS / 2) / (2 + PRIOR_ROWS) },
    { case: 'one that was not liked', labels: [yes, no, null], expected: PRIOR_ROWS / 2 / (1 + PRIOR_ROWS) },
    { case: 'none that is known', labels: [], expected: PRIOR_ROWS / 2 / (1 + PRIOR_ROWS) },
  ])('says how often train was liked behind $case', ({ labels, expected }) => {
    expect(probability(lastLabel([history(...labels)], train)[0] as number)).toBeCloseTo(expected, 12);
  });

  it('reads nothing but the last known label, on any train split', () => {
    const label = fc.constantFrom(yes, no, null);
    const rows = fc.array(fc.record({ label, historyLabels: fc.array(label, { maxLength: 4 }) }));
    fc.assert(
      fc.property(rows, fc.array(label), (all, shown) => {
        const counted = countTrainLabels(all.map(trainRow));
        const known = shown.filter((one) => one !== null);
        const same = all.filter(
          (row) => row.label !== null && row.historyLabels.filter((one) => one !== null).at(-1) === known.at(-1),
        );
        const labelled = all.filter((row) => row.label !== null);
        const mean = (labelled.filter((row) => row.label).length + 0.5) / (labelled.length + 1);
        const expected = (same.filter((row) => row.label).length + PRIOR_ROWS * mean) / (same.length + PRIOR_ROWS);
        expect(probability(lastLabel([history(...shown)], counted)[0] as number)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe("target's popularity in train", () => {
  it('is the number of rows about it, whatever their label', () => {
    const train = countTrainLabels([
      trainRow({ itemId: 'a' }),
      trainRow({ itemId: 'a', label: no }),
      trainRow({ itemId: 'b' }),
    ]);
    expect(targetCount([{ itemId: 'b' }, { itemId: 'a' }, { itemId: 'never seen' }], train)).toEqual([1, 2, 0]);
  });
});
