import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogTable } from '../../src/builders/log-table.js';
import { anyLog, tableOf } from './invented-log.js';

const rowsOf = (table: LogTable): number[] => Array.from({ length: table.size }, (_, row) => row);

describe('a log as a table', () => {
  it('gives back every interaction as it was read, attributes, missing ratings and missing times included', () => {
    const rare = fc.nat(30).map((one) => one === 0);
    const anyGaps = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), rare, rare), { maxLength: 60 });
    const timeless = fc.boolean();
    fc.assert(
      fc.property(anyLog(), anyGaps, timeless, fc.integer({ min: 1, max: 70 }), (log, gaps, isTimeless, batch) => {
        const holey = log.map((one, i) => ({
          ...one,
          logIndex: 3 * i + 2,
          ...(gaps[i]?.[0] ? { rating: null } : {}),
          ...(gaps[i]?.[1] || isTimeless ? { timestamp: null } : {}),
          ...(gaps[i]?.[2] ? { attributes: { review: `r${i}` } } : {}),
          ...(gaps[i]?.[3] ? { rating: 0.1 } : {}), // in 32 bits it would be another number
          ...(gaps[i]?.[4] ? { timestamp: 2 ** 33 + i } : {}),
        }));
        const table = tableOf(holey, batch);
        expect(table.interactions(rowsOf(table))).toEqual(holey);
        expect(table.hasRatings).toBe(holey.some(({ rating }) => rating !== null));
        const ratings = holey.flatMap(({ rating }) => (rating === null ? [] : [rating]));
        expect(table.scale()).toEqual([...new Set(ratings)].sort((a, b) => a - b));
      }),
    );
  });

  it('keeps the rows that stay, as a table of them alone would be', () => {
    fc.assert(
      fc.property(anyLog(), fc.func(fc.boolean()), (log, keep) => {
        const stays = log.map((_, i) => keep(i));
        const kept = tableOf(log).where((row) => stays[row] === true);
        const alone = tableOf(log.filter((_, i) => stays[i]));
        expect(kept.interactions(rowsOf(kept))).toEqual(alone.interactions(rowsOf(alone)));
        expect([kept.userIds, kept.itemIds]).toEqual([alone.userIds, alone.itemIds]);
      }),
    );
  });

  it('finds the row of a line, and none for a line that nothing was read from', () => {
    fc.assert(
      fc.property(anyLog(), fc.nat(200), (log, line) => {
        const table = tableOf(log.map((one) => ({ ...one, logIndex: 2 * one.logIndex })));
        const found = log.findIndex(({ logIndex }) => 2 * logIndex === line);
        expect(table.rowOf(line)).toBe(found < 0 ? undefined : found);
      }),
    );
  });
});
