import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitExamples } from '../../src/builders/split.js';
import { SPLITS } from '../../src/core/instruction.js';

const FILE = 'mine.yaml';
const size = fc.integer({ min: 1, max: 9 });
const sizes = fc.record({ train: size, valid: size, test: size });
const rowsOf = (users: readonly number[]) => users.map((user, row) => ({ userId: `u${user}`, row }));

describe('row-order', () => {
  it('cuts rows where the sizes say, and nothing is lost or moved', () => {
    fc.assert(
      fc.property(sizes, (wanted) => {
        const total = wanted.train + wanted.valid + wanted.test;
        const rows = rowsOf(Array.from({ length: total }, () => 0));
        const made = splitExamples(rows, { kind: 'row-order', sizes: { unit: 'rows', ...wanted } }, FILE);
        expect([...made.train, ...made.valid, ...made.test]).toEqual(rows);
        for (const split of SPLITS) expect(made[split].length).toBe(wanted[split]);
      }),
    );
  });

  it.each([
    { total: 10, parts: [8, 1, 1], expected: [8, 1, 1] },
    { total: 24270, parts: [8, 1, 1], expected: [19416, 2427, 2427] },
    { total: 19, parts: [8, 1, 1], expected: [15, 2, 2] },
    { total: 100, parts: [70, 29, 1], expected: [70, 29, 1] }, // 100 * 0.99 is 99 and not 98.999...
  ])(
    'shares $total rows out in parts of $parts as $expected',
    ({ total, parts: [train = 1, valid = 1, test = 1], expected }) => {
      const rows = rowsOf(Array.from({ length: total }, (_, i) => i));
      const made = splitExamples(rows, { kind: 'row-order', sizes: { unit: 'parts', train, valid, test } }, FILE);
      expect(SPLITS.map((split) => made[split].length)).toEqual(expected);
    },
  );

  it('refuses sizes that do not add up to the rows there are', () => {
    const rule = { kind: 'row-order', sizes: { unit: 'rows', train: 2, valid: 1, test: 1 } } as const;
    expect(() => splitExamples(rowsOf([1, 2, 3]), rule, FILE)).toThrow(
      'the sizes add up to 4 rows, and there are 3 examples',
    );
  });

  it.each([
    { case: 'sizes that do not add up', unit: 'rows', test: 7 },
    { case: 'a split that would be empty', unit: 'parts', test: 100 },
  ] as const)('takes $case for a fault of the recipe, and names its file', ({ unit, test }) => {
    const rule = { kind: 'row-order', sizes: { unit, train: 1, valid: 1, test } } as const;
    expect(() => splitExamples(rowsOf([1, 2, 3]), rule, FILE)).toThrow(
      expect.objectContaining({ kind: 'usage', where: 'mine.yaml: split.sizes' }),
    );
  });

  it('refuses an empty split', () => {
    const rule = { kind: 'row-order', sizes: { unit: 'parts', train: 1, valid: 1, test: 8 } } as const;
    expect(() => splitExamples(rowsOf([1, 2, 3]), rule, FILE)).toThrow('train would be empty');
  });
});

describe('by-user', () => {
  it('keeps each user on one side, each row once, rows in order, users in the shares asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 80 }), sizes, fc.nat(99), (users, wanted, seed) => {
        const rows = rowsOf(users);
        const distinct = new Set(users).size;
        const rule = { kind: 'by-user', seed, sizes: { unit: 'parts', ...wanted } } as const;
        const sum = wanted.train + wanted.valid + wanted.test;
        const first = Math.floor((distinct * wanted.train) / sum);
        const second = Math.floor((distinct * (wanted.train + wanted.valid)) / sum);
        if (first === 0 || second === first || distinct === second) {
          expect(() => splitExamples(rows, rule, FILE)).toThrow('would be empty');
          return;
        }
        const made = splitExamples(rows, rule, FILE);
        expect(made).toEqual(splitExamples(rows, rule, FILE));
        const all = SPLITS.flatMap((split) => made[split]);
        expect(all.map(({ row }) => row).sort((a, b) => a - b)).toEqual(rows.map(({ row }) => row));
        for (const split of SPLITS) {
          const order = made[split].map(({ row }) => row);
          expect(order).toEqual([...order].sort((a, b) => a - b));
          for (const other of SPLITS) {
            if (other === split) continue;
            const theirs = new Set(made[other].map(({ userId }) => userId));
            expect(made[split].some(({ userId }) => theirs.has(userId))).toBe(false);
          }
        }
        const usersOf = (split: (typeof SPLITS)[number]) => new Set(made[split].map(({ userId }) => userId)).size;
        expect(SPLITS.map(usersOf)).toEqual([first, second - first, distinct - second]);
      }),
    );
  });

  it('gives another seed another cut', () => {
    const rows = rowsOf(Array.from({ length: 30 }, (_, i) => i));
    const rule = { kind: 'by-user', sizes: { unit: 'parts', train: 8, valid: 1, test: 1 } } as const;
    expect(splitExamples(rows, { ...rule, seed: 1 }, FILE)).not.toEqual(
      splitExamples(rows, { ...rule, seed: 2 }, FILE),
    );
  });
});
