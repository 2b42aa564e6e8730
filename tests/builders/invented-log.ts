import fc from 'fast-check';
import { LogTable } from '../../src/builders/log-table.js';
import type { Interaction } from '../../src/core/interaction.js';

/** Logs of few users and few timestamps, so that users interleave and most timestamps are tied. */
export const anyLog = (length: { min?: number; max?: number } = {}): fc.Arbitrary<Interaction[]> =>
  fc
    .array(fc.record({ user: fc.nat(4), item: fc.nat(6), rating: fc.nat(5), timestamp: fc.nat(3) }), {
      minLength: length.min ?? 0,
      maxLength: length.max ?? 60,
    })
    .map((rows) =>
      rows.map(({ user, item, rating, timestamp }, i) => ({
        userId: `u${user}`,
        itemId: `i${item}`,
        rating,
        timestamp,
        logIndex: i + 1,
        attributes: {},
      })),
    );

/** The same log as a table, its attributes read again by line. */
export function tableOf(log: readonly Interaction[]): LogTable {
  return LogTable.read(log, () => new Map(log.map((one) => [one.logIndex, one])));
}
