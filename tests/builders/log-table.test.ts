import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRatings } from '../../src/builders/log-table.js';
import { type SequenceOptions, type UserSequence, UserSequences } from '../../src/builders/user-sequences.js';
import type { Interaction } from '../../src/core/interaction.js';
import type { UserOrder } from '../../src/core/recipe.js';
import { anyLog, rowsOf, tableOf } from './invented-log.js';

const rare = fc.nat(30).map((one) => one === 0);

/** Logs with attributes, missing ratings, missing times, and numbers that 32 bits do not hold. */
const holeyLog = fc
  .tuple(
    anyLog(),
    fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), rare, rare), { maxLength: 60 }),
    fc.boolean(),
  )
  .map(([log, gaps, isTimeless]) =>
    log.map((one, i) => ({
      ...one,
      logIndex: 3 * i + 2,
      ...(gaps[i]?.[0] ? { rating: null } : {}),
      ...(gaps[i]?.[1] || isTimeless ? { timestamp: null } : {}),
      ...(gaps[i]?.[2] ? { attributes: { review: `r${i}` } } : {}),
      ...(gaps[i]?.[3] ? { rating: 0.1 } : {}), // in 32 bits it would be another number
      ...(gaps[i]?.[4] ? { timestamp: 2 ** 33 + i } : {}),
    })),
  );

const byLine = (a: Interaction, b: Interaction): number => a.logIndex - b.logIndex;
const everyInteraction = (all: readonly UserSequence[]): Interaction[] =>
  all.flatMap(({ interactions }) => interactions).sort(byLine);

let inside: string;
beforeAll(() => {
  inside = mkdtempSync(join(tmpdir(), 'rectune-test-'));
});
afterAll(() => rmSync(inside, { recursive: true }));

/** Every user's sequence, from memory or from files of so many rows. */
function sequencesOf(log: ConstructorParameters<typeof UserSequences>[0], order: UserOrder, options: SequenceOptions) {
  const made = new UserSequences(log, order, { inside, ...options });
  try {
    const all = Array.from({ length: made.users }, (_, user) => made.sequence(user));
    return { all, scale: made.scale(), items: [...made.itemIds()], size: made.size };
  } finally {
    made.close();
  }
}

const IN_FILES = { mostRows: 0 };
const order = fc.constantFrom<UserOrder>({ kind: 'log' }, { kind: 'shuffled', seed: 3 });

describe('a log by user', () => {
  it('gives back every interaction as it was read, attributes, missing ratings and missing times included', () => {
    fc.assert(
      fc.property(holeyLog, fc.integer({ min: 1, max: 70 }), (log, batch) => {
        const ratings = log.flatMap(({ rating }) => (rating === null ? [] : [rating]));
        for (const rows of [tableOf(log, batch), rowsOf(log, batch)]) {
          const { all, scale, size } = sequencesOf(rows, { kind: 'log' }, {});
          expect(everyInteraction(all)).toEqual(log);
          expect(size).toBe(log.length);
          expect(scale).toEqual([...new Set(ratings)].sort((a, b) => a - b));
          expect(hasRatings(rows)).toBe(ratings.length > 0);
        }
      }),
    );
  });

  it('is the same from files of a few rows as from memory, and leaves none of them behind', () => {
    fc.assert(
      fc.property(
        holeyLog,
        order,
        fc.integer({ min: 1, max: 20 }),
        fc.func(fc.boolean()),
        (log, by, partRows, keep) => {
          const kept = new Set(log.filter((_, i) => keep(i)).map(({ logIndex }) => logIndex));
          const stays: SequenceOptions['stays'] = ({ lines }, row) => kept.has(lines[row] as number);
          const inMemory = sequencesOf(tableOf(log), by, { stays });
          expect(sequencesOf(rowsOf(log, 7), by, { stays, partRows, ...IN_FILES })).toEqual(inMemory);
          expect(readdirSync(inside)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is sorted by time, ties in log order, from files as from memory', () => {
    fc.assert(
      fc.property(anyLog(), fc.integer({ min: 1, max: 20 }), (log, partRows) => {
        const inFiles = sequencesOf(rowsOf(log), { kind: 'time' }, { partRows, ...IN_FILES });
        expect(inFiles).toEqual(sequencesOf(tableOf(log), { kind: 'time' }, {}));
      }),
      { numRuns: 40 },
    );
  });

  it('of the rows that stay is as a log of them alone would be', () => {
    fc.assert(
      fc.property(anyLog(), fc.func(fc.boolean()), (log, keep) => {
        const kept = new Set(log.filter((_, i) => keep(i)).map(({ logIndex }) => logIndex));
        const alone = log.filter(({ logIndex }) => kept.has(logIndex));
        const stays: SequenceOptions['stays'] = ({ lines }, row) => kept.has(lines[row] as number);
        const some = sequencesOf(tableOf(log), { kind: 'log' }, { stays });
        const theirs = sequencesOf(tableOf(alone), { kind: 'log' }, {});
        expect({ ...some, items: some.items.sort() }).toEqual({ ...theirs, items: theirs.items.sort() });
      }),
    );
  });

  it('finds the user of a line, and none for a line that nothing was read from', () => {
    fc.assert(
      fc.property(anyLog(), fc.nat(200), fc.boolean(), (log, line, inFiles) => {
        const sparse = log.map((one) => ({ ...one, logIndex: 2 * one.logIndex }));
        const options = inFiles ? { partRows: 9, ...IN_FILES } : {};
        const made = new UserSequences(rowsOf(sparse), { kind: 'time' }, { inside, ...options });
        const user = made.userAt(line);
        expect(user === undefined ? undefined : made.userId(user)).toBe(
          sparse.find(({ logIndex }) => logIndex === line)?.userId,
        );
        made.close();
      }),
      { numRuns: 60 },
    );
  });
});
