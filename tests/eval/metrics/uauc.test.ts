import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../../../src/eval/metrics/auc.js';
import { uauc, usersWithBothLabels } from '../../../src/eval/metrics/uauc.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { anyRows, labelsOf, type Row, scoresOf, shuffledWith, usersOf } from './arbitrary.js';

const uaucOf = (rows: readonly Row[], weight?: 'users' | 'rows') =>
  uauc(scoresOf(rows), labelsOf(rows), usersOf(rows), weight);

/** The definition itself: filter each user's rows, compare every pair, average. */
function plainUauc(rows: readonly Row[], weight: 'users' | 'rows'): number | undefined {
  let sum = 0;
  let total = 0;
  for (const user of new Set(usersOf(rows))) {
    const own = rows.filter((row) => row.user === user);
    const value = auc(scoresOf(own), labelsOf(own));
    if (value === undefined) continue;
    const weighs = weight === 'rows' ? own.length : 1;
    sum += weighs * value;
    total += weighs;
  }
  return total === 0 ? undefined : sum / total;
}

describe('uauc', () => {
  // User a: 1 of 1 pairs won. User b: 1 of 3 pairs won. User c has one label only and does not count.
  const worked: Row[] = [
    { user: 'a', score: 2, label: true },
    { user: 'b', score: 5, label: false },
    { user: 'a', score: 1, label: false },
    { user: 'b', score: 6, label: false },
    { user: 'b', score: 1, label: false },
    { user: 'b', score: 3, label: true },
    { user: 'c', score: 9, label: true },
    { user: 'c', score: 0, label: true },
  ];

  it('is the mean of each user by itself: (1 + 1/3) / 2', () => {
    expect(uaucOf(worked)).toBeCloseTo(2 / 3, 15);
  });

  it('weighted by rows: (2 * 1 + 4 * 1/3) / 6', () => {
    expect(uaucOf(worked, 'rows')).toBeCloseTo(10 / 18, 15);
  });

  it('counts the users with both labels', () => {
    expect(usersWithBothLabels(labelsOf(worked), indexUsers(usersOf(worked)))).toBe(2);
  });

  it('is not defined when no user has both labels, although AUC is', () => {
    const rows: Row[] = [
      { user: 'a', score: 1, label: true },
      { user: 'b', score: 0, label: false },
    ];
    expect(auc(scoresOf(rows), labelsOf(rows))).toBe(1);
    expect(uaucOf(rows)).toBeUndefined();
    expect(uaucOf(rows, 'rows')).toBeUndefined();
  });

  it('gains nothing from scores that only tell users apart', () => {
    const rows: Row[] = [
      { user: 'a', score: 5, label: true },
      { user: 'a', score: 5, label: true },
      { user: 'a', score: 5, label: false },
      { user: 'b', score: -5, label: true },
      { user: 'b', score: -5, label: false },
      { user: 'b', score: -5, label: false },
    ];
    expect(auc(scoresOf(rows), labelsOf(rows))).toBeGreaterThan(0.6);
    expect(uaucOf(rows)).toBe(0.5);
  });

  it.each(['users', 'rows'] as const)('weighted by %s it agrees with the plain definition on any input', (weight) => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        const expected = plainUauc(rows, weight);
        if (expected === undefined) expect(uaucOf(rows, weight)).toBeUndefined();
        else expect(uaucOf(rows, weight)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it.each(['users', 'rows'] as const)('weighted by %s it turns into 1 - UAUC when labels are flipped', (weight) => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        const value = uaucOf(rows, weight);
        const flipped = uaucOf(
          rows.map((row) => ({ ...row, label: !row.label })),
          weight,
        );
        if (value === undefined) expect(flipped).toBeUndefined();
        else expect(flipped).toBeCloseTo(1 - value, 12);
      }),
    );
  });

  it('equals AUC when all rows are of one user', () => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        const own = rows.map((row) => ({ ...row, user: 'a' }));
        expect(uaucOf(own)).toBe(auc(scoresOf(own), labelsOf(own)));
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(shuffledWith(anyRows()), ([rows, shuffled]) => {
        const value = uaucOf(rows);
        if (value === undefined) expect(uaucOf(shuffled)).toBeUndefined();
        else expect(uaucOf(shuffled)).toBeCloseTo(value, 12);
      }),
    );
  });
});
