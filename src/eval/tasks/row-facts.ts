import type { Instruction } from '../../core/instruction.js';
import type { Interaction } from '../../core/interaction.js';
import type { SliceKind } from '../../core/task-report.js';

/** What the log says of a row's user and target, each in words of a few kinds. What cannot be told is left out. */
export type RowFacts = Readonly<Partial<Record<(typeof FACTS)[number], string>>>;

export const FACTS = ['user-age', 'item-age', 'popularity', 'history-length'] as const satisfies readonly SliceKind[];

/** Of the log, what the facts are made from. */
export type DatedLine = Pick<Interaction, 'logIndex' | 'userId' | 'itemId' | 'timestamp'>;

type Asked = Pick<Instruction, 'userId' | 'itemId' | 'target' | 'historyInteractions'>;

const DAY = 86_400; // seconds
const DECILES = 10;

/**
 * Facts of rows:
 * - how long before the target its user, and its item, stands in the log for the first time;
 * - the decile of the item among those of train by interactions there, the most frequent first; of equal ones the better decile;
 * - how many items of the history the model saw.
 *
 * log         every interaction of the source, read once
 * trainLines  lines of the log that train holds and no other split asks for
 */
export function readFacts(
  log: Iterable<DatedLine>,
  trainLines: ReadonlySet<number>,
  asked: Iterable<Pick<Asked, 'target'>>,
): (row: Asked, droppedHistory: number) => RowFacts {
  const times = new Map<number, number | null>(); // of the targets
  for (const { target } of asked) times.set(target, null);
  const users = new Map<string, number>(); // first time
  const items = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { logIndex, userId, itemId, timestamp } of log) {
    if (trainLines.has(logIndex)) counts.set(itemId, (counts.get(itemId) ?? 0) + 1);
    if (timestamp === null) continue;
    if (times.has(logIndex)) times.set(logIndex, timestamp);
    users.set(userId, Math.min(users.get(userId) ?? timestamp, timestamp));
    items.set(itemId, Math.min(items.get(itemId) ?? timestamp, timestamp));
  }
  const decileOf = deciles(counts);
  return ({ userId, itemId, target, historyInteractions }, droppedHistory) => {
    const time = times.get(target) ?? null;
    const age = (first: number | undefined): string | undefined => {
      if (time === null) return undefined;
      return first === undefined || first > time ? 'not before' : ageName((time - first) / DAY);
    };
    const facts: Record<(typeof FACTS)[number], string | undefined> = {
      'user-age': age(users.get(userId)),
      'item-age': age(items.get(itemId)),
      popularity: counts.size === 0 ? undefined : (decileOf.get(itemId) ?? 'not in train'),
      'history-length': lengthName(Math.max(0, historyInteractions.length - droppedHistory)),
    };
    return Object.fromEntries(Object.entries(facts).filter(([, name]) => name !== undefined));
  };
}

function ageName(days: number): string {
  if (days < 1) return 'less than a day';
  if (days < 7) return '1 day to a week';
  if (days < 30) return 'a week to a month';
  if (days < 365) return 'a month to a year';
  return 'a year or more';
}

function lengthName(items: number): string {
  if (items === 0) return 'none';
  if (items <= 5) return '1 to 5 items';
  if (items <= 10) return '6 to 10 items';
  if (items <= 20) return '11 to 20 items';
  return 'more than 20 items';
}

function deciles(counts: ReadonlyMap<string, number>): Map<string, string> {
  const falling = [...counts].sort(([, a], [, b]) => b - a);
  const names = new Map<string, string>();
  let first = 0; // place of the first item with this count
  falling.forEach(([item, count], place) => {
    if (count !== falling[first]?.[1]) first = place;
    const decile = Math.floor((first * DECILES) / falling.length) + 1;
    names.set(item, decile === 1 ? 'decile 1, the most frequent' : `decile ${decile}`);
  });
  return names;
}
