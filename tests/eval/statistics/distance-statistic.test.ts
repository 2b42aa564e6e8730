import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probability } from '../../../src/eval/metrics/brier.js';
import { calibrationErrorByUsers, expectedCalibrationError } from '../../../src/eval/metrics/calibration.js';
import { resampleUsers } from '../../../src/eval/statistics/bootstrap.js';
import { distanceOfRows } from '../../../src/eval/statistics/distance-statistic.js';
import { estimateOfDistance } from '../../../src/eval/statistics/interval.js';
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

  it('has an interval that is mirrored at the value and held at 0', () => {
    const users = indexUsers(['a', 'b', 'c', 'd']);
    const gaps = [0.3, -0.2, 0.1, 0.4].map((gap, row) => [{ part: row % 2, gap }]);
    const statistic = distanceOfRows(gaps, () => 1, 2, users);
    const [drawn] = resampleUsers([statistic], 4, { resamples: 400, bootstrapSeed: 1 });
    if (!drawn) throw new Error('nothing drawn');
    const { value, low, high } = estimateOfDistance(drawn, { level: 0.9 });
    expect(value).toBe(onAllUsers(statistic, users));
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(low as number);
  });
});
