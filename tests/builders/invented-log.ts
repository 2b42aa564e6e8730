import fc from 'fast-check';
import { type LogRows, LogTable } from '../../src/builders/log-table.js';
import type { Interaction } from '../../src/core/interaction.js';
import { ColumnsBuffer } from '../../src/core/log-columns.js';

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

/** The same log as the store has it, its users and items numbered against the order in which the log has them, in batches of so many rows. */
export function rowsOf(log: readonly Interaction[], rows: number = Math.max(1, log.length)): LogRows {
  const idsOf = (all: readonly string[]): string[] => [...new Set(all)].reverse();
  const userIds = idsOf(log.map(({ userId }) => userId));
  const itemIds = idsOf(log.map(({ itemId }) => itemId));
  const [users, items] = [userIds, itemIds].map((ids) => new Map(ids.map((id, position) => [id, position])));
  const add = ({ userId, itemId, rating, timestamp, logIndex }: Interaction, buffer: ColumnsBuffer): void => {
    const [user, item] = [users?.get(userId) as number, items?.get(itemId) as number];
    buffer.add(user, item, rating ?? Number.NaN, timestamp ?? Number.NaN, logIndex);
  };
  const batches = Array.from({ length: Math.ceil(log.length / rows) }, (_, i) => {
    const buffer = new ColumnsBuffer(rows);
    for (const one of log.slice(i * rows, (i + 1) * rows)) add(one, buffer);
    return buffer.take();
  });
  return {
    size: log.length,
    userIds,
    itemIds,
    batches: () => batches,
    attributeNames: new Set(log.flatMap(({ attributes }) => Object.keys(attributes))),
    attributesAt: () => new Map(log.map((one) => [one.logIndex, one.attributes])),
  };
}

/** The same in memory. */
export function tableOf(log: readonly Interaction[], rows?: number): LogTable {
  return new LogTable(rowsOf(log, rows));
}
