import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { LogFacts } from '../../../src/builders/curate/log-facts.js';
import type { Interaction } from '../../../src/core/interaction.js';
import { anyLog } from '../invented-log.js';
import { importInvented, inventedStudio } from '../invented-store.js';
import { keepVersion, rowOf } from './invented-version.js';

const studio = inventedStudio();
afterAll(() => studio.close());

it.each([
  { where: 'in memory', options: {} },
  { where: 'from files of a few rows', options: { mostRows: 0, partRows: 5 } },
])('what a log says of users and lines is what stands in it, read $where', ({ options }) => {
  fc.assert(
    fc.property(anyLog({ min: 1 }), (plain) => {
      const log = plain.map(
        (one): Interaction => ({
          ...one,
          logIndex: 2 * one.logIndex,
          rating: one.rating === 0 ? null : one.rating,
          timestamp: one.timestamp === 0 ? null : (one.timestamp as number) * 1000,
        }),
      );
      importInvented(studio.store, log);
      const facts = new LogFacts(studio.store, keepVersion(studio.store, [rowOf()]), options);
      for (const { userId, itemId, timestamp, logIndex } of log) {
        expect(facts.itemOf(userId, logIndex)).toBe(itemId);
        expect(facts.timeOf(userId, logIndex)).toBe(timestamp ?? undefined);
        const own = log.filter((one) => one.userId === userId);
        expect(facts.user(userId)).toEqual({
          interactions: own.length,
          times: own.flatMap((one) => one.timestamp ?? []).sort((a, b) => a - b),
          ratings: new Set(own.flatMap((one) => one.rating ?? [])),
        });
      }
      expect(facts.itemOf('nobody', log[0]?.logIndex ?? 0)).toBe(log[0]?.itemId); // whoever the line is of
      expect(facts.itemOf('u0', 1)).toBe('');
      expect(facts.user('nobody')).toBeUndefined();
      expect(facts.lastLine).toBe(log.at(-1)?.logIndex);
      facts.close();
    }),
    { numRuns: 15 },
  );
});
