import type { Instruction } from '../../core/instruction.js';
import type { DatedLine } from './row-facts.js';

type Asked = Pick<Instruction, 'row' | 'userId' | 'itemId' | 'target' | 'historyInteractions'>;

/** Items that a row's user met before its target. */
export type MetBefore = (row: number) => ReadonlySet<string>;

/**
 * What the users of rows met before the targets: interactions of an earlier time, of the same time or without one those that stand earlier in the log, and those
 * that the row's history holds. The target itself is never among them, though it was met before.
 *
 * log      every interaction of the source, read once
 * returns  undefined for a log without a line: another one stands in the place of the version's
 */
export function metBefore(log: Iterable<DatedLine>, rows: readonly Asked[]): MetBefore | undefined {
  const ofUser = new Map<string, DatedLine[]>(rows.map(({ userId }) => [userId, []]));
  let lines = 0;
  for (const line of log) {
    lines += 1;
    ofUser.get(line.userId)?.push(line);
  }
  if (lines === 0) return undefined;
  const met = new Map(
    rows.map(({ row, userId, itemId, target, historyInteractions }) => {
      const own = ofUser.get(userId) as DatedLine[];
      const asked = own.find(({ logIndex }) => logIndex === target);
      const shown = new Set(historyInteractions);
      const before = own.filter(
        (line) => shown.has(line.logIndex) || isBefore(line, { time: asked?.timestamp ?? null, target }),
      );
      const items = new Set(before.map((line) => line.itemId));
      items.delete(itemId);
      return [row, items];
    }),
  );
  return (row) => met.get(row) ?? new Set();
}

function isBefore(
  { timestamp, logIndex }: DatedLine,
  { time, target }: { time: number | null; target: number },
): boolean {
  if (timestamp === null || time === null || timestamp === time) return logIndex < target;
  return timestamp < time;
}
