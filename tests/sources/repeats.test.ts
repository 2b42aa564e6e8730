import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Keep } from '../../src/sources/repeats/pair-table.js';
import { type KeptRow, Repeats } from '../../src/sources/repeats/repeats.js';
import { newTally } from '../../src/sources/table.js';
import { temporaryFolder } from '../store/fixtures.js';

const number = fc.oneof(fc.nat(3), fc.nat(4_000_000_000));
const row = fc.record({
  user: number,
  item: number,
  rating: fc.double({ min: -10, max: 10, noNaN: true }),
  timestamp: fc.oneof(fc.nat(4), fc.constant(Number.NaN)),
  attributes: fc.option(fc.string({ unit: 'grapheme', maxLength: 5 })),
  gap: fc.oneof(fc.constant(1), fc.constantFrom(3, 600_000)), // lines since the row before
});
const files = fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: 3 });

/** What is kept of rows, and what is counted of each file. */
function kept(
  of: readonly (readonly KeptRow[])[],
  befores: readonly number[],
  keep: Keep,
  inside: string,
  mostPairs?: number,
) {
  const repeats = new Repeats(keep, { inside, ...(mostPairs !== undefined && { mostPairs }) });
  const tallies = of.map((rows, file) => ({
    ...newTally(),
    rows: rows.length,
    name: String(file),
    before: befores[file] as number,
  }));
  try {
    for (const [file, rows] of of.entries())
      for (const one of rows) repeats.add(one, tallies[file] as (typeof tallies)[number]);
    const rows = [...repeats.kept()];
    return { rows, counts: tallies.map(({ rows: count, merged }) => [count, merged]) };
  } finally {
    repeats.close();
  }
}

/** The definition: all interactions of a pair by time, then by place. */
function plainly(of: readonly (readonly KeptRow[])[], keep: Keep) {
  const all = of.flatMap((rows, file) => rows.map((one) => ({ ...one, file })));
  const time = ({ timestamp }: KeptRow): number => (Number.isNaN(timestamp) ? 0 : timestamp);
  const stay = all.flatMap((one) => {
    const pair = all.filter(({ user, item }) => user === one.user && item === one.item);
    const ordered = pair.toSorted((a, b) => time(a) - time(b) || a.line - b.line);
    if ((keep === 'first' ? ordered[0] : ordered.at(-1)) !== one) return [];
    return [
      keep === 'mean'
        ? { ...one, rating: pair.map(({ rating }) => rating).reduce((sum, rating) => sum + rating) / pair.length }
        : one,
    ];
  });
  return {
    rows: stay.map(({ file: _, ...one }) => one),
    counts: of.map((rows, at) => {
      const count = stay.filter(({ file }) => file === at).length;
      return [count, rows.length - count];
    }),
  };
}

it.each(['first', 'last', 'mean'] as const)(
  'keeps the %s of the same rows in memory and on the disk, and leaves nothing there',
  (keep) => {
    const inside = temporaryFolder();
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 8 }), (drawn, mostPairs) => {
        let line = 0;
        const befores: number[] = [];
        const of = drawn.map((rows) => {
          befores.push(line);
          return rows.map(({ gap, ...one }) => {
            line += gap;
            return { ...one, line };
          });
        });
        const expected = plainly(of, keep);
        expect(kept(of, befores, keep, inside)).toEqual(expected);
        expect(kept(of, befores, keep, inside, mostPairs)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
    expect(readdirSync(inside)).toEqual([]);
  },
);

it('keeps one of each of many pairs', () => {
  const count = 300_000;
  const repeats = new Repeats('last', { inside: temporaryFolder(), mostPairs: 1000 });
  const tally = { ...newTally(), rows: count, before: 0 };
  for (let i = 0; i < count; i++) {
    const [user, item] = [i % 999, i % 1000]; // each pair once in 999,000
    repeats.add(
      { user, item: i < 200_000 ? item : (i - 200_000) % 1000, rating: i, timestamp: i, line: i + 1, attributes: null },
      tally,
    );
  }
  let last = 0;
  let isOrdered = true;
  const pairs = new Set<number>();
  for (const { user, item, line } of repeats.kept()) {
    isOrdered &&= line > last;
    last = line;
    pairs.add(user * 1000 + item);
  }
  repeats.close();
  expect(isOrdered).toBe(true);
  expect(tally.rows).toBe(pairs.size);
  expect(tally.merged).toBe(count - pairs.size);
});
