import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lossPerTextByUsers,
  lossPerTokenByUsers,
  perplexityByUsers,
} from '../../../src/eval/metrics/text-likelihood.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers, onUsers } from '../../../src/eval/statistics/user-statistic.js';

const METRICS = [lossPerTokenByUsers, lossPerTextByUsers, perplexityByUsers];

describe('the likelihood of free text', () => {
  it('is told a token, a text and as perplexity', () => {
    const rows = [
      { logLikelihood: -6, tokens: 3 },
      { logLikelihood: -2, tokens: 5 },
    ];
    const users = indexUsers(['a', 'b']);
    const [token, text, perplexity] = METRICS.map((metric) => onAllUsers(metric(rows, users), users));
    expect(token).toBe(1); // 8 nats over 8 tokens, not the mean of 2 and 0.4
    expect(text).toBe(4);
    expect(perplexity).toBeCloseTo(Math.E, 12);
  });

  it('is a perplexity of V for a model that finds each of V tokens equally likely', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50_000 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (vocabulary, lengths) => {
          const rows = lengths.map((tokens) => ({ tokens, logLikelihood: -tokens * Math.log(vocabulary) }));
          const users = indexUsers(lengths.map((_, row) => String(row % 3)));
          const value = onAllUsers(perplexityByUsers(rows, users), users) as number;
          expect(value / vocabulary).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it('equals the definition over the rows of the users that are taken, as often as they are', () => {
    const anyRows = fc.array(
      fc.record({
        logLikelihood: fc.double({ min: -40, max: 0, noNaN: true }),
        tokens: fc.integer({ min: 1, max: 12 }),
        user: fc.constantFrom('a', 'b', 'c'),
      }),
      { minLength: 1 },
    );
    const times = fc.record({ a: fc.nat({ max: 3 }), b: fc.nat({ max: 3 }), c: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(anyRows, times, (rows, taken) => {
        const users = indexUsers(rows.map(({ user }) => user));
        const byNumber = new Uint32Array(users.count);
        rows.forEach(({ user }, row) => {
          byNumber[users.ofRow[row] as number] = taken[user];
        });
        const drawn = rows.flatMap((row) => Array<typeof row>(taken[row.user]).fill(row));
        const values = METRICS.map((metric) => onUsers(metric(rows, users), byNumber));
        if (drawn.length === 0) {
          expect(values).toEqual([undefined, undefined, undefined]);
          return;
        }
        const loss = drawn.reduce((sum, { logLikelihood }) => sum - logLikelihood, 0);
        const tokens = drawn.reduce((sum, row) => sum + row.tokens, 0);
        expect(values[0]).toBeCloseTo(loss / tokens, 9);
        expect(values[1]).toBeCloseTo(loss / drawn.length, 9);
        expect((values[2] as number) / Math.exp(loss / tokens)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('is not defined without rows', () => {
    const users = indexUsers([]);
    expect(METRICS.map((metric) => onAllUsers(metric([], users), users))).toEqual([undefined, undefined, undefined]);
  });
});
