import { describe, expect, it } from 'vitest';
import type { TaskCurve } from '../../src/core/task-report.js';
import { evaluate } from '../../src/eval/report.js';
import { inventMixed } from './mixed-fixtures.js';

const { report, rows } = evaluate(inventMixed());
const taskOf = (name: string) => {
  const task = report.tasks.find((one) => one.task === name);
  if (!task) throw new Error(`no task ${name}`);
  return { ...task, test: task.splits[0], rows: rows.filter((row) => row.task === name && row.split === 'test') };
};
const curveOf = <Of extends TaskCurve['of']>(name: string, of: Of): Extract<TaskCurve, { of: Of }> => {
  const { curve } = taskOf(name);
  if (curve.of !== of) throw new Error(`the curve is of ${curve.of}`);
  return curve as Extract<TaskCurve, { of: Of }>;
};

describe('the plot of a task', () => {
  it('of lists holds HR@k for every k, so it passes through the figures of the table and ends at 1', () => {
    const { test, baseline } = taskOf('ranking');
    const { models } = curveOf('ranking', 'ranks');
    expect(models.map(({ model }) => model)).toEqual(['adapter', 'base', baseline?.model]);
    for (const { model, shares } of models) {
      const metrics = test?.models.find((one) => one.model === model)?.metrics;
      expect(shares[0]).toBeCloseTo(metrics?.accuracy?.value as number, 12);
      expect(shares[2]).toBeCloseTo(metrics?.hit3?.value as number, 12);
      expect(shares[4]).toBeCloseTo(metrics?.hit5?.value as number, 12);
      expect(shares).toHaveLength(6);
      expect(shares[5]).toBe(1);
    }
  });

  it('of ratings holds mean and quartiles of what was predicted, by the given rating', () => {
    const { rows: own } = taskOf('rating');
    const [adapter] = curveOf('rating', 'ratings').models;
    const points = adapter?.points ?? [];
    expect(points.reduce((sum, point) => sum + point.rows, 0)).toBe(own.length);
    expect(points.map(({ given }) => given)).toEqual([1, 2, 3, 4, 5]);
    for (const { given, mean, low, high } of points) {
      const said = own.filter(({ came }) => came === given).map((row) => row.said.adapter as number);
      expect(mean).toBeCloseTo(said.reduce((sum, value) => sum + value, 0) / said.length, 12);
      const rising = said.sort((a, b) => a - b);
      const at = (share: number) => {
        const place = share * (rising.length - 1);
        const [below = 0, above = below] = rising.slice(Math.floor(place), Math.floor(place) + 2);
        return below + (above - below) * (place % 1);
      };
      expect([low, high]).toEqual([expect.closeTo(at(0.25), 12), expect.closeTo(at(0.75), 12)]);
    }
  });

  it('of texts holds what each row gained, from the least to the most', () => {
    const { rows: own } = taskOf('taste');
    const gains = own.map(({ said }) => (said.base as number) - (said.adapter as number)).sort((a, b) => a - b);
    const { quantiles } = curveOf('taste', 'gains');
    expect([quantiles[0], quantiles.at(-1)]).toEqual([gains[0], gains.at(-1)]);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    const middle = ((gains[gains.length / 2 - 1] as number) + (gains[gains.length / 2] as number)) / 2;
    expect(quantiles[50]).toBeCloseTo(middle, 12);
  });
});
