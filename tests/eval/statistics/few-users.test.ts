import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapTest } from '../../../src/eval/statistics/bootstrap-test.js';
import { usersThatCount } from '../../../src/eval/statistics/distribution.js';
import { levelOfResamples, pOfUsers, reachOfResamples } from '../../../src/eval/statistics/few-users.js';
import { estimate, estimateByResamples } from '../../../src/eval/statistics/interval.js';
import { normalQuantile } from '../../../src/eval/statistics/normal.js';
import { studentBelow, studentQuantile } from '../../../src/eval/statistics/student.js';

/** The density at x, but for its constant. */
const density = (x: number, degrees: number) => (1 + (x * x) / degrees) ** (-(degrees + 1) / 2);

/** Simpson's rule over [from, to]. */
function area(from: number, to: number, of: (x: number) => number): number {
  const [steps, width] = [2000, (to - from) / 2000];
  let sum = of(from) + of(to);
  for (let step = 1; step < steps; step++) sum += (step % 2 ? 4 : 2) * of(from + step * width);
  return (sum * width) / 3;
}

describe("Student's distribution", () => {
  it('is the area below its density', () => {
    const anyDegrees = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), anyDegrees, (x, degrees) => {
        // x = tan(a) maps the whole line to a finite one.
        const bent = (angle: number) => density(Math.tan(angle), degrees) / Math.cos(angle) ** 2;
        const [least, most] = [-Math.PI / 2 + 1e-9, Math.PI / 2 - 1e-9];
        const below = area(least, Math.atan(x), bent) / area(least, most, bent);
        expect(Math.abs(studentBelow(x, degrees) - below)).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });

  // scipy.stats.t.ppf(p, degrees)
  it.each([
    { p: 0.975, degrees: 1, value: 12.706204736432095 },
    { p: 0.975, degrees: 9, value: 2.2621571627409915 },
    { p: 0.995, degrees: 99, value: 2.6264054573 },
    { p: 0.975, degrees: 100_000, value: 1.9599876995 },
    { p: 0.5, degrees: 4, value: 0 },
    { p: 0.025, degrees: 9, value: -2.2621571627409915 },
  ])('has its quantile $value at $p with $degrees degrees of freedom', ({ p, degrees, value }) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(value, 7);
  });

  it('has no degrees of freedom below 1 or between whole numbers, and no quantile of 0 or 1', () => {
    expect(() => studentBelow(1, 0)).toThrow(RangeError);
    expect(() => studentBelow(1, 1.5)).toThrow(RangeError);
    expect(() => studentQuantile(1, 3)).toThrow(RangeError);
  });
});

describe('an interval by resamples of few users', () => {
  it('is as long as the one of Student about a mean, where the resamples are normal', () => {
    for (const users of [3, 10, 100]) {
      const deviation = 2; // of the users
      const spread = (deviation / Math.sqrt(users)) * Math.sqrt((users - 1) / users); // of means of resamples
      const own = (deviation / Math.sqrt(users)) * studentQuantile(0.975, users - 1);
      expect(reachOfResamples(0.95, users) * spread).toBeCloseTo(own, 9);
      const tail = (1 - levelOfResamples(0.95, users)) / 2;
      expect(-normalQuantile(tail) * spread).toBeCloseTo(own, 6);
    }
  });

  it('comes to the level itself with many users, and is wider the fewer there are', () => {
    expect(levelOfResamples(0.95, 1_000_000)).toBeCloseTo(0.95, 5);
    const anyUsers = fc.integer({ min: 2, max: 3000 });
    const anyLevel = fc.double({ min: 0.5, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(anyUsers, anyLevel, (users, level) => {
        const found = levelOfResamples(level, users);
        expect(found).toBeGreaterThan(level);
        expect(found).toBeLessThan(1);
        expect(found).toBeGreaterThanOrEqual(levelOfResamples(level, users + 1));
        if (users > 3) expect(pOfUsers(1 - found, users)).toBeCloseTo(1 - level, 7); // 2 and 3 users lie at the smallest tail
      }),
    );
  });

  const distribution = {
    value: 0.5,
    resampled: Float64Array.from({ length: 999 }, (_, place) => 0.5 + normalQuantile((place + 1) / 1000)),
    withoutEach: Float64Array.from({ length: 12 }, (_, user) => 0.5 + (user < 8 ? user - 3.5 : 0)),
  };

  it.each(['percentile', 'bca'] as const)('counts the users whose absence changes the figure (%s)', (interval) => {
    expect(usersThatCount(distribution)).toBe(8);
    expect(estimate(distribution, { level: 0.9, interval })).toEqual(
      estimateByResamples(distribution, { level: levelOfResamples(0.9, 8), interval }),
    );
    const alone = { ...distribution, withoutEach: new Float64Array(12).fill(0.5) };
    expect(usersThatCount(alone)).toBe(12);
  });

  it('has a p value beside it that two users cannot make small', () => {
    const above = { ...distribution, value: 6, resampled: distribution.resampled.map((one) => one + 5.5) };
    const p = (users: number) =>
      bootstrapTest({ ...above, withoutEach: above.withoutEach.slice(0, users) }, { interval: 'percentile' });
    expect(p(2)).toBeGreaterThan(0.2);
    expect(p(8)).toBeLessThan(0.05);
  });

  it.each(['percentile', 'bca'] as const)('of two users holds all resamples, or there is none (%s)', (interval) => {
    const two = { ...distribution, withoutEach: Float64Array.from([0, 1]) };
    const { low, high } = estimate(two, { level: 0.95, interval });
    expect(low).toBeCloseTo(Math.min(...two.resampled), 9);
    expect(high).toBeCloseTo(Math.max(...two.resampled), 9);
  });
});
