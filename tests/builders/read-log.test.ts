import { expect, it } from 'vitest';
import { readLog } from '../../src/builders/read-log.js';
import { importInvented, inventedLog, inventedStudio } from './invented-store.js';

it('goes through a large log as it was, and says when another import took its place', () => {
  const { store, close } = inventedStudio();
  const log = inventedLog();
  importInvented(store, log);
  const [held, stored] = [readLog(store, 'invented'), readLog(store, 'invented', 0)];
  const linesOf = (rows: typeof held): number[] => [...rows.batches()].flatMap(({ lines }) => [...lines]);
  const lines = log.map(({ logIndex }) => logIndex);
  expect([linesOf(held), linesOf(stored), linesOf(stored)]).toEqual([lines, lines, lines]);
  importInvented(store, [...log, { ...log[0], logIndex: 1000 } as (typeof log)[number]], {}, 'b'.repeat(64));
  expect(linesOf(held)).toEqual(lines);
  expect(() => linesOf(stored)).toThrow(expect.objectContaining({ kind: 'data', fix: 'give the same command again' }));
  close();
});
