import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RankedTimes } from '../../src/builders/ranked-times.js';
import { type Placed, splitExamples } from '../../src/builders/split.js';
import { SPLITS, type Split } from '../../src/core/instruction.js';
import type { SplitRule } from '../../src/core/recipe.js';

const FILE = 'mine.yaml';
const timesOf = (rows: readonly Placed[]) => () =>
  Float64Array.from(rows, ({ target }) => target?.timestamp ?? 0).sort();

/** The rows of each split, in order. */
function share<T extends Placed>(rows: readonly T[], rule: SplitRule): Record<Split, T[]> {
  const splits = splitExamples(rows, rule, timesOf(rows), FILE);
  const made: Record<Split, T[]> = { train: [], valid: [], test: [] };
  rows.forEach((row, i) => {
    const split = splits.at(i);
    if (split) made[split].push(row);
  });
  return made;
}

const size = fc.integer({ min: 1, max: 9 });
const sizes = fc.record({ train: size, valid: size, test: size });
const rowsOf = (users: readonly number[]) =>
  users.map((user, row) => ({ userId: `u${user}`, row, fromLast: 0, target: { timestamp: row, logIndex: row } }));

describe('row-order', () => {
  it('cuts rows where the sizes say, and nothing is lost or moved', () => {
    fc.assert(
      fc.property(sizes, (wanted) => {
        const total = wanted.train + wanted.valid + wanted.test;
        const rows = rowsOf(Array.from({ length: total }, () => 0));
        const made = share(rows, { kind: 'row-order', sizes: { unit: 'rows', ...wanted } });
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
      const made = share(rows, { kind: 'row-order', sizes: { unit: 'parts', train, valid, test } });
      expect(SPLITS.map((split) => made[split].length)).toEqual(expected);
    },
  );

  it('refuses sizes that do not add up to the rows there are', () => {
    const rule = { kind: 'row-order', sizes: { unit: 'rows', train: 2, valid: 1, test: 1 } } as const;
    expect(() => share(rowsOf([1, 2, 3]), rule)).toThrow('the sizes add up to 4 rows, and there are 3 examples');
  });

  it.each([
    { case: 'sizes that do not add up', unit: 'rows', test: 7 },
    { case: 'a split that would be empty', unit: 'parts', test: 100 },
  ] as const)('takes $case for a fault of the recipe, and names its file', ({ unit, test }) => {
    const rule = { kind: 'row-order', sizes: { unit, train: 1, valid: 1, test } } as const;
    expect(() => share(rowsOf([1, 2, 3]), rule)).toThrow(
      expect.objectContaining({ kind: 'usage', where: 'mine.yaml: split.sizes' }),
    );
  });

  it('refuses an empty split', () => {
    const rule = { kind: 'row-order', sizes: { unit: 'parts', train: 1, valid: 1, test: 8 } } as const;
    expect(() => share(rowsOf([1, 2, 3]), rule)).toThrow('train would be empty');
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
          expect(() => share(rows, rule)).toThrow('would be empty');
          return;
        }
        const made = share(rows, rule);
        expect(made).toEqual(share(rows, rule));
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
    expect(share(rows, { ...rule, seed: 1 })).not.toEqual(share(rows, { ...rule, seed: 2 }));
  });
});

/** Interactions of a few users at a few moments, each the target of an example, user by user. */
const anyPlaced = fc
  .array(fc.record({ user: fc.nat(4), timestamp: fc.nat(30) }), { minLength: 1, maxLength: 60 })
  .map((events) => {
    const users = [...new Set(events.map(({ user }) => user))];
    return users.flatMap((user) => {
      const own = events.filter((event) => event.user === user).sort((a, b) => a.timestamp - b.timestamp);
      return own.map(({ timestamp }, i) => ({
        userId: `u${user}`,
        fromLast: own.length - 1 - i,
        target: { timestamp, logIndex: 100 * user + i },
      }));
    });
  });

/** What a rule makes, or undefined when a split would be empty. */
function shared<T extends Placed>(rows: readonly T[], rule: SplitRule): Record<Split, T[]> | undefined {
  try {
    return share(rows, rule);
  } catch (error) {
    expect((error as Error).message).toContain('would be empty');
    return undefined;
  }
}

describe('leave-one-out', () => {
  it('tests on the last example of each user, validates on the one before, trains on the rest', () => {
    fc.assert(
      fc.property(anyPlaced, (rows) => {
        const made = shared(rows, { kind: 'leave-one-out' });
        if (!made) return;
        for (const user of new Set(rows.map(({ userId }) => userId))) {
          const own = rows.filter(({ userId }) => userId === user);
          const of = (split: Split) => made[split].filter(({ userId }) => userId === user);
          expect(of('test')).toEqual(own.slice(-1));
          expect(of('valid')).toEqual(own.slice(-2, -1));
          expect(of('train')).toEqual(own.slice(0, -2));
        }
      }),
    );
  });
});

describe('global-time', () => {
  it('lets no target of a split be earlier than one of the split before, whoever its user is', () => {
    fc.assert(
      fc.property(anyPlaced, sizes, (rows, wanted) => {
        const made = shared(rows, { kind: 'global-time', sizes: { unit: 'parts', ...wanted } });
        if (!made) return;
        const moments = (split: Split) => made[split].map(({ target }) => target.timestamp);
        expect(Math.max(...moments('train'))).toBeLessThan(Math.min(...moments('valid')));
        expect(Math.max(...moments('valid'))).toBeLessThan(Math.min(...moments('test')));
        expect(SPLITS.reduce((sum, split) => sum + made[split].length, 0)).toBe(rows.length);
      }),
    );
  });

  it('names the line of a target without time', () => {
    const rows = rowsOf([1, 2, 3]).map((row) => ({ ...row, target: { timestamp: null, logIndex: 7 } }));
    const rule = { kind: 'global-time', sizes: { unit: 'parts', train: 1, valid: 1, test: 1 } } as const;
    expect(() => share(rows, rule)).toThrow(expect.objectContaining({ kind: 'data', where: 'line 7 of the log' }));
  });
});

describe('rolling', () => {
  it('tests each fold on what comes after its train, and the test of a fold is the valid of the next', () => {
    fc.assert(
      fc.property(anyPlaced, fc.integer({ min: 1, max: 4 }), (rows, folds) => {
        const made = Array.from({ length: folds }, (_, i) => shared(rows, { kind: 'rolling', folds, fold: i + 1 }));
        made.forEach((fold, i) => {
          if (!fold) return;
          const moments = (split: Split) => fold[split].map(({ target }) => target.timestamp);
          expect(Math.max(...moments('train'))).toBeLessThan(Math.min(...moments('valid')));
          expect(Math.max(...moments('valid'))).toBeLessThan(Math.min(...moments('test')));
          const next = made[i + 1];
          if (next) expect(next.valid).toEqual(fold.test);
        });
      }),
    );
  });

  it('refuses a fold that there is not', () => {
    expect(() => share(rowsOf([1, 2, 3]), { kind: 'rolling', folds: 2, fold: 3 })).toThrow('there is no fold 3 of 2');
  });
});

describe('ranked times', () => {
  it('are at each place what a sort would put there, missing ones last', () => {
    const time = fc.oneof(fc.nat(20), fc.nat(2 ** 31), fc.constant(Number.NaN), fc.constant(2 ** 53 - 1));
    fc.assert(
      fc.property(fc.array(fc.array(time, { maxLength: 12 }), { maxLength: 5 }), (columns) => {
        const sorted = Float64Array.from(columns.flat()).sort();
        const ranked = new RankedTimes(() => columns.map((column) => Float64Array.from(column)));
        expect(ranked.length).toBe(sorted.length);
        for (let place = 0; place <= sorted.length; place++) expect(ranked.at(place)).toBe(sorted[place]);
      }),
      { numRuns: 30 },
    );
  });
});
