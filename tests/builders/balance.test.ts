import fc from 'fast-check';
import { expect, it } from 'vitest';
import { balancedRows } from '../../src/builders/balance.js';

const anyRows = fc.array(
  fc.record({
    userId: fc.constantFrom('a', 'b', 'c'),
    itemId: fc.constantFrom('x', 'y', 'z'),
    label: fc.constantFrom(true, false, null),
    family: fc.constantFrom('f', 'g'),
  }),
  { maxLength: 60 },
);
const none = { labels: false, families: false, seed: 1 };

const largest = (values: readonly string[]): number =>
  Math.max(0, ...[...new Set(values)].map((one) => values.filter((value) => value === one).length));

it('keeps at most so many rows of a user and of a target, and no fewer than that allows', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 5 }), fc.nat(9), (rows, most, seed) => {
      const users = balancedRows(rows, { ...none, perUser: most, seed });
      for (const user of ['a', 'b', 'c']) {
        const had = rows.filter(({ userId }) => userId === user).length;
        expect(users.filter((i) => rows[i]?.userId === user).length).toBe(Math.min(most, had));
      }
      const items = balancedRows(rows, { ...none, perItem: most, seed });
      expect(largest(items.map((i) => rows[i]?.itemId ?? ''))).toBeLessThanOrEqual(most);
      expect(items).toEqual([...new Set(items)].sort((a, b) => a - b));
    }),
  );
});

it('keeps as many liked rows as not liked ones, all rows without label, and as many of each family', () => {
  fc.assert(
    fc.property(anyRows, fc.nat(9), (rows, seed) => {
      const kept = balancedRows(rows, { ...none, labels: true, seed }).map((i) => rows[i]);
      const count = (label: boolean | null) => kept.filter((row) => row?.label === label).length;
      const [liked, disliked] = [true, false].map((label) => rows.filter((row) => row.label === label).length) as [
        number,
        number,
      ];
      if (liked > 0 && disliked > 0)
        expect([count(true), count(false)]).toEqual([Math.min(liked, disliked), Math.min(liked, disliked)]);
      expect(count(null)).toBe(rows.filter((row) => row.label === null).length);
      const even = balancedRows(rows, { ...none, families: true, seed }).map((i) => rows[i]?.family);
      const sizes = [...new Set(rows.map(({ family }) => family))].map(
        (family) => even.filter((one) => one === family).length,
      );
      expect(new Set(sizes).size).toBeLessThanOrEqual(1);
    }),
  );
});
