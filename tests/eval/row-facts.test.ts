import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DatedLine, readFacts } from '../../src/eval/tasks/row-facts.js';

const DAY = 86_400;
const anyLog = fc
  .array(fc.record({ user: fc.nat(3), item: fc.nat(12), days: fc.option(fc.nat(900)), isTrain: fc.boolean() }), {
    minLength: 1,
  })
  .map((lines) =>
    lines.map(({ user, item, days, isTrain }, i) => {
      const timestamp = days === null ? null : days * (DAY / 2);
      return { logIndex: i + 1, userId: `u${user}`, itemId: `i${item}`, timestamp, isTrain };
    }),
  );
type Line = DatedLine & { readonly isTrain: boolean };

const factsOf = (log: readonly Line[], line: Line, history = 0, dropped = 0) => {
  const train = new Set(log.filter(({ isTrain }) => isTrain).map(({ logIndex }) => logIndex));
  const row = { ...line, target: line.logIndex, historyInteractions: Array(history).fill(1) };
  return readFacts(log, train, [row])(row, dropped);
};

/** The longest time that any earlier line of the same user or item lies back, in days. */
function slowAge(log: readonly Line[], line: Line, key: 'userId' | 'itemId'): number {
  const times = log.filter((one) => one[key] === line[key]).flatMap(({ timestamp }) => timestamp ?? []);
  return Math.max(...times.map((time) => ((line.timestamp as number) - time) / DAY));
}

const AGES: readonly [string, number, number][] = [
  ['less than a day', 0, 1],
  ['1 day to a week', 1, 7],
  ['a week to a month', 7, 30],
  ['a month to a year', 30, 365],
  ['a year or more', 365, Number.POSITIVE_INFINITY],
];

describe('facts of a row', () => {
  it('tell how long before the target its user and its item were there first', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const line of log) {
          const facts = factsOf(log, line);
          for (const [fact, key] of [
            ['user-age', 'userId'],
            ['item-age', 'itemId'],
          ] as const) {
            const age = line.timestamp === null ? undefined : slowAge(log, line, key);
            const name = AGES.find(([, from, to]) => age !== undefined && age >= from && age < to)?.[0];
            expect(facts[fact]).toBe(name);
          }
        }
      }),
    );
  });

  it('tell the decile of the target among the items of train, equal ones alike and no item of train behind a rarer one', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const count = (item: string) => log.filter(({ itemId, isTrain }) => isTrain && itemId === item).length;
        const items = [...new Set(log.filter(({ isTrain }) => isTrain).map(({ itemId }) => itemId))];
        for (const line of log) {
          const before = items.filter((item) => count(item) > count(line.itemId)).length;
          const decile = Math.floor((10 * before) / items.length) + 1;
          const name = decile === 1 ? 'decile 1, the most frequent' : `decile ${decile}`;
          const expected = items.length === 0 ? undefined : count(line.itemId) === 0 ? 'not in train' : name;
          expect(factsOf(log, line).popularity).toBe(expected);
        }
      }),
    );
  });

  it.each([
    [0, 0, 'none'],
    [3, 3, 'none'],
    [5, 0, '1 to 5 items'],
    [10, 4, '6 to 10 items'],
    [10, 5, '1 to 5 items'],
    [20, 0, '11 to 20 items'],
    [21, 0, 'more than 20 items'],
  ])('say of a history of %i items of which %i were cut: %s', (history, dropped, name) => {
    const line = { logIndex: 1, userId: 'u', itemId: 'i', timestamp: 0, isTrain: true };
    expect(factsOf([line], line, history, dropped)['history-length']).toBe(name);
  });

  it('say of an item that was drawn and that nobody had met at the time: not before', () => {
    const line = { logIndex: 1, userId: 'u', itemId: 'i', timestamp: 5 * DAY, isTrain: true };
    const later = { ...line, logIndex: 2, userId: 'v', itemId: 'drawn', timestamp: 9 * DAY };
    const row = { userId: 'u', itemId: 'drawn', target: 1, historyInteractions: [] };
    expect(readFacts([line, later], new Set([1]), [row])(row, 0)).toEqual({
      'user-age': 'less than a day',
      'item-age': 'not before',
      popularity: 'not in train',
      'history-length': 'none',
    });
  });
});
