import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Example, exampleAt, exampleCount, examplePlaces, isLiked } from '../../src/builders/examples.js';
import { type UserSequence, UserSequences } from '../../src/builders/user-sequences.js';
import type { Interaction } from '../../src/core/interaction.js';
import type { ExampleRule, UserOrder } from '../../src/core/recipe.js';
import { anyLog, tableOf } from './invented-log.js';

const TIME = { kind: 'time' } as const;
const lines = (interactions: readonly Interaction[]): number[] => interactions.map(({ logIndex }) => logIndex);

const sequencesOf = (log: readonly Interaction[], order: UserOrder) => new UserSequences(tableOf(log), order);

/** All examples of a log. */
function* examplesOf(sequences: UserSequences, rule: ExampleRule, file: string): Generator<Example, void> {
  for (const place of examplePlaces(sequences, rule, file)) yield exampleAt(sequences, place);
}

/** Every user's sequence. */
function userSequences(log: readonly Interaction[], order: UserOrder): UserSequence[] {
  const made = sequencesOf(log, order);
  return Array.from({ length: made.users }, (_, user) => made.sequence(user));
}

/** Users as a set in order of appearance; each user's lines by insertion: before the first that is strictly later. */
function slowSequences(log: readonly Interaction[]): { userId: string; lines: number[] }[] {
  const users: string[] = [];
  for (const { userId } of log) if (!users.includes(userId)) users.push(userId);
  return users.map((userId) => {
    const sorted: Interaction[] = [];
    for (const interaction of log.filter((row) => row.userId === userId)) {
      const later = sorted.findIndex((other) => (other.timestamp ?? 0) > (interaction.timestamp ?? 0));
      sorted.splice(later < 0 ? sorted.length : later, 0, interaction);
    }
    return { userId, lines: lines(sorted) };
  });
}

describe('the sequences of users', () => {
  it('sorts by time alone: ties stay in log order, users in order of first appearance', () => {
    fc.assert(
      fc.property(anyLog(), (log) => {
        const made = userSequences(log, TIME).map(({ userId, interactions }) => ({
          userId,
          lines: lines(interactions),
        }));
        expect(made).toEqual(slowSequences(log));
      }),
    );
  });

  it('shuffles each user by the seed, whoever else is in the log', () => {
    fc.assert(
      fc.property(anyLog({ min: 1 }), fc.nat(1000), (log, seed) => {
        const order = { kind: 'shuffled', seed } as const;
        const all = userSequences(log, order);
        expect(all).toEqual(userSequences(log, order));
        for (const { userId, interactions } of all) {
          const alone = log.filter((row) => row.userId === userId);
          expect(userSequences(alone, order)).toEqual([{ userId, interactions }]);
          expect(lines(interactions).sort((a, b) => a - b)).toEqual(lines(alone));
        }
      }),
    );
  });

  it('names the line of an interaction without time', () => {
    const log = [1, 2].map((logIndex) => ({
      userId: 'u',
      itemId: 'i',
      rating: 1,
      timestamp: null,
      logIndex,
      attributes: {},
    }));
    expect(() => userSequences(log, TIME)).toThrow(
      expect.objectContaining({ kind: 'data', where: 'line 1 of the log' }),
    );
  });
});

const FILE = 'mine.yaml';

describe('sliding windows', () => {
  it('are every run of history and the interaction after it, user by user, the last ones kept', () => {
    fc.assert(
      fc.property(anyLog(), fc.integer({ min: 1, max: 4 }), fc.nat(60), (log, history, keep) => {
        const expected: { userId: string; lines: number[] }[] = [];
        for (const { userId, lines } of slowSequences(log)) {
          for (let end = 0; end < lines.length; end++) {
            if (end >= history) expected.push({ userId, lines: lines.slice(end - history, end + 1) });
          }
        }
        const rule = { kind: 'sliding-window', order: TIME, history } as const;
        const sequences = sequencesOf(log, TIME);
        const plain = (keepLast: number | null) =>
          [...examplesOf(sequences, { ...rule, keepLast }, FILE)].map((example) => ({
            userId: example.userId,
            lines: lines([...example.history, example.target]),
          }));
        expect(plain(null)).toEqual(expected);
        if (keep > expected.length) expect(() => plain(keep)).toThrow(`the log gives ${expected.length}`);
        else expect(plain(keep)).toEqual(keep === 0 ? [] : expected.slice(-keep));
      }),
    );
  });

  it('that the recipe keeps and the log does not give are a fault of the recipe, which is named', () => {
    const rule = { kind: 'sliding-window', order: TIME, history: 1, keepLast: 5 } as const;
    expect(() => [...examplesOf(sequencesOf([], TIME), rule, FILE)]).toThrow(
      expect.objectContaining({
        kind: 'usage',
        where: 'mine.yaml: examples.keepLast',
        fix: expect.stringContaining('0'),
      }),
    );
  });
});

describe('last items', () => {
  it('are one a user: the last is the target, the first or the latest before it the history', () => {
    fc.assert(
      fc.property(
        anyLog(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 6 }),
        fc.constantFrom('first' as const, 'latest' as const),
        (log, history, minInteractions, take) => {
          const rule = { kind: 'last-item', order: TIME, history, take, minInteractions } as const;
          const examples = [...examplesOf(sequencesOf(log, TIME), rule, FILE)];
          const users = slowSequences(log).filter(({ lines }) => lines.length >= minInteractions);
          expect(examples.map(({ userId }) => userId)).toEqual(users.map(({ userId }) => userId));
          examples.forEach((example, i) => {
            const own = users[i]?.lines ?? [];
            const shown = lines(example.history);
            expect(example.target.logIndex).toBe(own[own.length - 1]);
            expect(shown.length).toBe(Math.min(history, own.length - 1));
            const from = take === 'first' ? 0 : own.length - 1 - shown.length;
            shown.forEach((line, at) => {
              expect(line).toBe(own[from + at]);
            });
          });
        },
      ),
    );
  });
});

describe('each interaction', () => {
  it('is a target once there is enough before it, and shows the latest before it', () => {
    fc.assert(
      fc.property(anyLog(), fc.integer({ min: 1, max: 4 }), fc.nat(3), (log, history, minHistory) => {
        const rule = { kind: 'each-interaction', order: TIME, history, minHistory } as const;
        const made = [...examplesOf(sequencesOf(log, TIME), rule, FILE)].map((example) => ({
          userId: example.userId,
          history: lines(example.history),
          target: example.target.logIndex,
          fromLast: example.fromLast,
        }));
        const expected = slowSequences(log).flatMap(({ userId, lines: own }) =>
          own.flatMap((target, at) =>
            at < minHistory
              ? []
              : [{ userId, history: own.slice(0, at).slice(-history), target, fromLast: own.length - 1 - at }],
          ),
        );
        expect(made).toEqual(expected);
        expect(exampleCount(sequencesOf(log, TIME), rule, FILE)).toBe(expected.length);
      }),
    );
  });
});

describe('targets by an attribute', () => {
  const kinds = ['click', 'purchase', ''] as const;
  const kindOf = (line: number): (typeof kinds)[number] => kinds[(line * 7) % 3] as (typeof kinds)[number];
  const withKinds = (log: readonly Interaction[]): Interaction[] =>
    log.map((one) => ({ ...one, attributes: kindOf(one.logIndex) === '' ? {} : { kind: kindOf(one.logIndex) } }));

  it('are the examples of every interaction whose target it lets through, whatever their history holds', () => {
    const rules = [
      { kind: 'each-interaction', order: TIME, history: 3, minHistory: 1 },
      { kind: 'sliding-window', order: TIME, history: 2, keepLast: null },
    ] as const;
    const targets = [
      { attribute: 'kind', only: ['purchase'] },
      { attribute: 'kind', not: ['click', ''] },
    ];
    fc.assert(
      fc.property(anyLog(), fc.constantFrom(...rules), fc.constantFrom(...targets), (log, rule, allowed) => {
        const sequences = sequencesOf(withKinds(log), TIME);
        const linesOf = (one: Example) => lines([...one.history, one.target]);
        const all = [...examplesOf(sequences, rule, FILE)].map(linesOf);
        const made = [...examplesOf(sequences, { ...rule, targets: allowed }, FILE)];
        expect(made.map(linesOf)).toEqual(all.filter((own) => kindOf(own.at(-1) as number) === 'purchase'));
        expect(exampleCount(sequences, { ...rule, targets: allowed }, FILE)).toBe(made.length);
        const lasts = new Map(made.map(({ userId, fromLast }) => [userId, fromLast]));
        expect([...lasts.values()].every((fromLast) => fromLast === 0)).toBe(true);
      }),
    );
  });

  it('make the last of them the target of its user, with enough before it', () => {
    fc.assert(
      fc.property(anyLog(), fc.integer({ min: 2, max: 4 }), (log, minInteractions) => {
        const targets = { attribute: 'kind', only: ['click'] };
        const rule = { kind: 'last-item', order: TIME, history: 2, take: 'latest', minInteractions, targets } as const;
        const made = [...examplesOf(sequencesOf(withKinds(log), TIME), rule, FILE)];
        const expected = slowSequences(log).flatMap(({ lines: own }) => {
          const at = own.findLastIndex((line) => kindOf(line) === 'click');
          return at < minInteractions - 1 ? [] : [own.slice(Math.max(0, at - 2), at + 1)];
        });
        expect(made.map((one) => lines([...one.history, one.target]))).toEqual(expected);
      }),
    );
  });
});

describe('isLiked', () => {
  const rated = (rating: number | null, attributes = {}): Interaction => ({
    userId: 'u',
    itemId: 'i',
    rating,
    timestamp: 0,
    logIndex: 7,
    attributes,
  });
  const rule = { kind: 'rating-above', threshold: 3 } as const;

  it.each([
    { rating: 4, liked: true },
    { rating: 3.5, liked: true },
    { rating: 3, liked: false },
    { rating: 0, liked: false },
  ])('says $liked for a rating of $rating above 3', ({ rating, liked }) =>
    expect(isLiked(rated(rating), rule)).toBe(liked),
  );

  it('names the line of an interaction without rating', () => {
    expect(() => isLiked(rated(null), rule)).toThrow(expect.objectContaining({ where: 'line 7 of the log' }));
  });

  it.each([
    {
      case: 'a dwell time above the threshold',
      rule: { kind: 'attribute-above', attribute: 'dwell', threshold: 30 },
      dwell: '31',
      liked: true,
    },
    {
      case: 'a dwell time at the threshold',
      rule: { kind: 'attribute-above', attribute: 'dwell', threshold: 30 },
      dwell: '30',
      liked: false,
    },
    {
      case: 'an event that counts',
      rule: { kind: 'attribute-in', attribute: 'dwell', liked: ['long', 'full'] },
      dwell: 'full',
      liked: true,
    },
    {
      case: 'a skip',
      rule: { kind: 'attribute-in', attribute: 'dwell', liked: ['long', 'full'] },
      dwell: 'skip',
      liked: false,
    },
    { case: 'any event of an implicit log', rule: { kind: 'implicit' }, dwell: '', liked: true },
  ] as const)('says $liked for $case', ({ rule: other, dwell, liked }) =>
    expect(isLiked(rated(null, { dwell }), other as never)).toBe(liked),
  );

  it.each([
    { case: 'is no number', attributes: { dwell: 'long' } },
    { case: 'is not there', attributes: { seen: '1' } },
  ])('names the line of an interaction whose attribute $case', ({ attributes }) => {
    const above = { kind: 'attribute-above', attribute: 'dwell', threshold: 3 } as const;
    expect(() => isLiked(rated(null, attributes), above)).toThrow(
      expect.objectContaining({ kind: 'data', where: 'line 7 of the log' }),
    );
  });
});
