import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../../../src/eval/metrics/auc.js';
import { roc } from '../../../src/eval/metrics/roc.js';
import { anyRows, labelsOf, type Row, scoresOf } from './arbitrary.js';

/** For every threshold that is a score: who is at or above it. */
function plainRoc(rows: readonly Row[]): [number, number][] {
  const thresholds = [...new Set(scoresOf(rows).map((score) => score + 0))].sort((a, b) => b - a);
  const share = (label: boolean, threshold: number) => {
    const of = rows.filter((row) => row.label === label);
    return of.filter(({ score }) => score >= threshold).length / of.length;
  };
  return [
    [0, 0],
    ...thresholds.map((threshold): [number, number] => [share(false, threshold), share(true, threshold)]),
  ];
}

const areaBelow = (points: readonly (readonly [number, number])[]) =>
  points.slice(1).reduce((area, [x, y], i) => {
    const [previousX, previousY] = points[i] as [number, number];
    return area + ((x - previousX) * (y + previousY)) / 2;
  }, 0);

const bothLabels = anyRows(2).filter((rows) => new Set(labelsOf(rows)).size === 2);

describe('roc', () => {
  it('goes through one corner a distinct score, ties slanted', () => {
    expect(roc([4, 3, 3, 1], [true, true, false, false])).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
  });

  it('leaves out corners on a straight line', () => {
    expect(roc([6, 5, 4, 3], [true, true, false, false])).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
  });

  it('is the diagonal when all scores tie', () => {
    expect(roc([2, 2, 2], [true, false, false])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('is not defined when a class is absent', () => expect(roc([1, 2], [true, true])).toBeUndefined());

  it('encloses an area equal to AUC on any input', () => {
    fc.assert(
      fc.property(bothLabels, (rows) => {
        const points = roc(scoresOf(rows), labelsOf(rows)) as [number, number][];
        expect(areaBelow(points)).toBeCloseTo(auc(scoresOf(rows), labelsOf(rows)) as number, 12);
      }),
    );
  });

  it('has only corners of the definition, and rises from [0, 0] to [1, 1]', () => {
    fc.assert(
      fc.property(bothLabels, (rows) => {
        const points = roc(scoresOf(rows), labelsOf(rows)) as [number, number][];
        const plain = plainRoc(rows);
        for (const point of points) expect(plain).toContainEqual(point);
        expect(points[0]).toEqual([0, 0]);
        expect(points.at(-1)).toEqual([1, 1]);
        for (const [i, [x, y]] of points.slice(1).entries()) {
          const [previousX, previousY] = points[i] as [number, number];
          expect(x + y).toBeGreaterThan(previousX + previousY);
          expect(x).toBeGreaterThanOrEqual(previousX);
          expect(y).toBeGreaterThanOrEqual(previousY);
        }
      }),
    );
  });
});
