import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/random.js';
import { probability } from '../../../src/eval/metrics/brier.js';
import { calibrationErrorByUsers, expectedCalibrationError } from '../../../src/eval/metrics/calibration.js';
import { resampleUsers } from '../../../src/eval/statistics/bootstrap.js';
import { distanceEstimate } from '../../../src/eval/statistics/distance-interval.js';
import { distanceOfRows } from '../../../src/eval/statistics/distance-statistic.js';
import type { Distribution } from '../../../src/eval/statistics/distribution.js';
import { estimate } from '../../../src/eval/statistics/interval.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers, onUsers, withoutEachUser } from '../../../src/eval/statistics/user-statistic.js';

const anyClusters = () =>
  fc.array(fc.record({ user: fc.nat(4), score: fc.double({ min: -4, max: 4, noNaN: true }), label: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  });
type Clusters = { user: number; score: number; label: boolean }[];

const statisticOf = (rows: Clusters) => {
  const users = indexUsers(rows.map(({ user }) => String(user)));
  const probabilities = rows.map(({ score }) => probability(score));
  return {
    users,
    statistic: calibrationErrorByUsers(
      probabilities,
      rows.map(({ label }) => Number(label)),
      users,
    ),
  };
};
const plain = (rows: Clusters) =>
  expectedCalibrationError(
    rows.map(({ score }) => score),
    rows.map(({ label }) => label),
  );

describe('a distance over parts, as the expected calibration error is', () => {
  it('equals the metric on the rows of any multiset of users', () => {
    fc.assert(
      fc.property(anyClusters(), fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }), (rows, often) => {
        const { users, statistic } = statisticOf(rows);
        const times = Uint32Array.from({ length: users.count }, (_, user) => often[user] as number);
        const taken = rows.flatMap((row, place) =>
          new Array<Clusters[number]>(times[users.ofRow[place] as number] as number).fill(row),
        );
        const value = onUsers(statistic, times);
        if (taken.length === 0) expect(value).toBeUndefined();
        else expect(value).toBeCloseTo(plain(taken) as number, 12);
      }),
    );
  });

  it('equals the metric without each user in turn', () => {
    fc.assert(
      fc.property(anyClusters(), (rows) => {
        const { users, statistic } = statisticOf(rows);
        withoutEachUser(statistic, users.count).forEach((value, user) => {
          const others = rows.filter((_, place) => users.ofRow[place] !== user);
          if (others.length === 0) expect(value).toBeUndefined();
          else expect(value).toBeCloseTo(plain(others) as number, 12);
        });
      }),
    );
  });

  const noiseOf = (seed: number, truth: number) => {
    const random = new Random(seed, 'distance');
    const users = indexUsers(Array.from({ length: 60 }, (_, user) => `u${user}`));
    const gaps = Array.from({ length: 60 }, (_, row) => [
      { part: row % 4, gap: truth * (row % 2 ? 1 : -1) + random.normal() },
    ]);
    return { users, statistic: distanceOfRows(gaps, () => 1, 4, users) };
  };
  const settings = { resamples: 200, bootstrapSeed: 1, level: 0.95 };

  it('has an interval that holds the basic one of the same resamples, at 0 and above', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { users, statistic } = noiseOf(seed, seed % 3);
      const [drawn] = resampleUsers([statistic], users.count, settings);
      const percentile = estimate(drawn as Distribution, { level: 0.95, interval: 'percentile' });
      const { value, low, high, leftOut } = distanceEstimate(statistic, users.count, settings);
      expect(value).toBe(onAllUsers(statistic, users));
      expect(leftOut).toBe(0);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(Math.max(0, 2 * (value as number) - (percentile.high as number)) + 1e-12);
      expect(high).toBeGreaterThanOrEqual(2 * (value as number) - (percentile.low as number) - 1e-12);
    }
  });

  it('holds a truth of 0 nearly always, where the percentile interval never does, and a large truth', () => {
    const held = (truth: number) =>
      Array.from({ length: 30 }, (_, seed) => {
        const { users, statistic } = noiseOf(seed + 1, truth);
        const { low, high } = distanceEstimate(statistic, users.count, settings);
        return (low as number) <= truth && truth <= (high as number);
      }).filter(Boolean).length;
    expect(held(0)).toBeGreaterThanOrEqual(27);
    expect(held(2)).toBeGreaterThanOrEqual(26);
  });

  it('has no interval with one user, and no value without weight', () => {
    const users = indexUsers(['a', 'a']);
    const gaps = [[{ part: 0, gap: 1 }], [{ part: 0, gap: 0 }]];
    expect(
      distanceEstimate(
        distanceOfRows(gaps, () => 1, 1, users),
        1,
        settings,
      ),
    ).toMatchObject({ value: 0.5, low: null });
    expect(
      distanceEstimate(
        distanceOfRows(gaps, () => 0, 1, users),
        1,
        settings,
      ),
    ).toMatchObject({ value: null, low: null });
  });
});
