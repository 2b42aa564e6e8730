import { expect, it } from 'vitest';
import { fitFigures } from '../../src/eval/fit-figures.js';

const seed = (test: { scores: number[]; relevant: number[] }[]) => ({
  ...{ seed: 1, epochs: 1, value: null, valid: [] },
  test: test.map((one, row) => ({ row, ...one })),
});

it('gives the AUC of judgements for each seed, and none where one label is missing', () => {
  const [a, b, c] = [
    { scores: [2], relevant: [0] },
    { scores: [1], relevant: [] },
    { scores: [2], relevant: [] },
  ];
  expect(fitFigures({ kind: 'judgement', seeds: [seed([a, b, c]), seed([a, b]), seed([b, c])] })).toEqual([
    0.75,
    1,
    undefined,
  ]);
});

it('gives the mean NDCG@10 of lists, ties counted as chance has them', () => {
  const first = { scores: [3, 1, 2], relevant: [0] }; // 1
  const second = { scores: [3, 1, 2], relevant: [2] }; // 1 / log2(3)
  const tied = { scores: [1, 1], relevant: [1] }; // the mean of both
  const half = 1 / Math.log2(3);
  expect(fitFigures({ kind: 'choice', seeds: [seed([first, second, tied])] })[0]).toBeCloseTo(
    (1 + half + (1 + half) / 2) / 3,
    12,
  );
  expect(fitFigures({ kind: 'choice', seeds: [seed([])] })).toEqual([undefined]);
});
