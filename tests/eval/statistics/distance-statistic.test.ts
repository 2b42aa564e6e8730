import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/random.js';
import { probability } from '../../../src/eval/metrics/brier.js';
import { calibrationErrorByUsers, expectedCalibrationError } from '../../../src/eval/metrics/calibration.js';
import { distanceEstimate } from '../../../src/eval/statistics/distance-interval.js';
import { distanceOfRows } from '../../../src/eval/statistics/distance-statistic.js';
import { BLOCK, eachResample } from '../../../src/eval/statistics/resample-block.js';
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

  it('has an interval of the sizes that could have shown the figure, in the shape seen or as large in each part as chance', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { users, statistic } = noiseOf(seed, (seed % 3) / 2);
      const sums = (times: ArrayLike<number>) => {
        const [gaps, weight] = [new Array<number>(4).fill(0), Array.from(times).reduce((sum, one) => sum + one, 0)];
        statistic.gaps.forEach((gap, place) => {
          gaps[place % 4] = (gaps[place % 4] as number) + (gap * (times[Math.floor(place / 4)] as number)) / weight;
        });
        return gaps;
      };
      const seen = sums(new Array(60).fill(1));
      const errors: number[][] = [];
      const draw = { userCount: 60, resamples: settings.resamples, seed: settings.bootstrapSeed };
      for (let block = 0; block < settings.resamples / BLOCK; block++) {
        eachResample(draw, block, (times) => {
          errors.push(sums(times).map((gap, part) => gap - (seen[part] as number)));
        });
      }
      const total = (gaps: readonly number[]) => gaps.reduce((sum, gap) => sum + Math.abs(gap), 0);
      const value = total(seen);
      const tail = (1 - settings.level) / 2; // 5 of 200 resamples are no such share
      const deviations = seen.map(
        (gap, part) => Math.sign(gap) * Math.sqrt(errors.reduce((sum, one) => sum + (one[part] as number) ** 2, 0)),
      );
      const isKept = (size: number) =>
        [seen, deviations].some((shape) => {
          const shown = errors.map((error) =>
            total(error.map((own, part) => own + (size * (shape[part] as number)) / total(shape))),
          );
          const share = (holds: (one: number) => boolean) => shown.filter(holds).length / shown.length;
          return share((one) => one <= value) >= tail && share((one) => one >= value) >= tail;
        });
      const sizes = Array.from({ length: 401 }, (_, step) => (step / 100) * value).filter(isKept);
      const found = distanceEstimate(statistic, users.count, settings);
      expect(found.value).toBe(onAllUsers(statistic, users));
      expect(found.leftOut).toBe(0);
      expect(Math.abs((found.low as number) - Math.min(...sizes))).toBeLessThan(0.0101 * value);
      expect(Math.abs((found.high as number) - Math.max(...sizes))).toBeLessThan(0.0101 * value);
    }
  });

  it('reaches from 0 to the figure where chance alone would have shown more nearly always, and to what chance shows where the figure is 0', () => {
    const users = indexUsers(Array.from({ length: 40 }, (_, user) => `u${user}`));
    const of = (gap: (row: number) => number) =>
      distanceEstimate(
        distanceOfRows(
          Array.from({ length: 40 }, (_, row) => [{ part: 0, gap: gap(row) }]),
          () => 1,
          1,
          users,
        ),
        40,
        settings,
      );
    const almost = of((row) => (row % 2 ? 1 : -1) + 1e-4);
    expect(almost).toMatchObject({ low: 0, high: almost.value });
    const exactly = of((row) => (row % 2 ? 1 : -1));
    expect(exactly).toMatchObject({ value: 0, low: 0 });
    expect(exactly.high as number).toBeGreaterThan(0.1);
  });

  it('has a narrow interval where every user has nearly the same gap', () => {
    const users = indexUsers(Array.from({ length: 40 }, (_, user) => `u${user}`));
    const gaps = Array.from({ length: 40 }, (_, row) => [{ part: 0, gap: 0.5 + 1e-6 * (row % 2) }]);
    const { value, low, high } = distanceEstimate(
      distanceOfRows(gaps, () => 1, 1, users),
      40,
      settings,
    );
    expect(low as number).toBeLessThanOrEqual(value as number);
    expect(high as number).toBeGreaterThanOrEqual(value as number);
    expect((high as number) - (low as number)).toBeLessThan(1e-6);
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
