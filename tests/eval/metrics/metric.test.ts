import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../src/core/report.js';
import { METRIC } from '../../../src/eval/metrics/metric.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers, onUsers, withoutEachUser } from '../../../src/eval/statistics/user-statistic.js';
import { anyRows, labelsOf, type Row, scoresOf, usersOf } from './arbitrary.js';

/** The rows of each user written out as often as the user is taken, each copy as a user of its own. */
function repeated(rows: readonly Row[], times: ReadonlyMap<string, number>): Row[] {
  return rows.flatMap((row) =>
    Array.from({ length: times.get(row.user) ?? 0 }, (_, copy) => ({ ...row, user: `${row.user} ${copy}` })),
  );
}

const onRows = (metric: (typeof METRICS)[number], rows: readonly Row[]) => {
  const users = indexUsers(usersOf(rows));
  return onAllUsers(METRIC[metric].byUsers(scoresOf(rows), labelsOf(rows), users), users);
};

describe.each(METRICS)('%s of a multiset of users', (metric) => {
  it('equals the metric of the rows written out as often as their user is taken', () => {
    const times = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(anyRows(1), times, (rows, drawn) => {
        const taken = new Map(Object.entries(drawn));
        const users = indexUsers(usersOf(rows));
        const byNumber = new Uint32Array(users.count);
        rows.forEach(({ user }, row) => {
          byNumber[users.ofRow[row] as number] = taken.get(user) ?? 0;
        });
        const value = onUsers(METRIC[metric].byUsers(scoresOf(rows), labelsOf(rows), users), byNumber);
        const expected = onRows(metric, repeated(rows, taken));
        if (expected === undefined) expect(value).toBeUndefined();
        else expect(value).toBeCloseTo(expected, 10);
      }),
    );
  });

  it('without each user in turn equals the metric of the rows of the others', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        const users = indexUsers(usersOf(rows));
        const statistic = METRIC[metric].byUsers(scoresOf(rows), labelsOf(rows), users);
        const without = withoutEachUser(statistic, users.count);
        expect(without).toHaveLength(users.count);
        [...new Set(usersOf(rows))].forEach((user, number) => {
          const others = rows.filter((row) => row.user !== user);
          const expected = others.length === 0 ? undefined : onRows(metric, others);
          if (expected === undefined) expect(without[number]).toBeUndefined();
          else expect(without[number]).toBeCloseTo(expected, 10);
        });
      }),
    );
  });

  it('is not defined when nobody is taken', () => {
    const users = indexUsers(['a', 'b']);
    expect(onUsers(METRIC[metric].byUsers([1, 2], [true, false], users), new Uint32Array(2))).toBeUndefined();
  });
});

it('users are numbered by first appearance', () => {
  const users = indexUsers(['b', 'a', 'b', 'c']);
  expect(users.count).toBe(3);
  expect([...users.ofRow]).toEqual([0, 1, 0, 2]);
});
