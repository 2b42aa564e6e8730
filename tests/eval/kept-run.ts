import type { Instruction } from '../../src/core/instruction.js';
import type { Run } from '../../src/core/run.js';
import type { ReportInput } from '../../src/eval/report.js';
import type { Store } from '../../src/store/store.js';
import { keepSource, source, temporaryStore } from '../store/fixtures.js';
import { inventedRun, inventRows } from './fixtures.js';

export type Kept = 'test adapter' | 'test base' | 'valid adapter' | 'valid base';
export const ALL: readonly Kept[] = ['test adapter', 'test base', 'valid adapter', 'valid base'];

/** A store with everything in it that an invented report is made from: the log, the version, the run, and the predictions that are named. */
export function storeWith(input: ReportInput, kept: readonly Kept[] = ALL, run: Run = inventedRun): Store {
  const { store } = temporaryStore();
  const { version, train, valid, test, events, madeAt } = input;
  const interactions = [...input.log()].map((line) => ({ attributes: {}, ...line }));
  keepSource(store, source(version.sourceId, { hash: version.sourceHash }), {
    interactions,
    items: [...new Set(interactions.map(({ itemId }) => itemId))].map((itemId) => ({
      itemId,
      title: itemId,
      attributes: {},
    })),
    users: [...new Set(interactions.map(({ userId }) => userId))].map((userId) => ({ userId, attributes: {} })),
  });
  const [like] = inventRows('train', { users: 1, rowsPerUser: 1 }).rows;
  const rows = [
    ...[...train].map((one, row) => ({ ...(like as Instruction), row, ...one })), // what a baseline does not read is the same in all
    ...((valid?.instructions ?? []) as Instruction[]),
    ...(test.instructions as Instruction[]),
  ];
  store.versions.save(version, rows, madeAt);
  store.runs.save(run);
  store.runs.appendEvents(run.id, events);
  const sets = {
    'test adapter': test.adapter,
    'test base': test.base,
    'valid adapter': valid?.adapter,
    'valid base': valid?.base,
  };
  for (const [name, scored] of Object.entries(sets)) {
    if (scored && kept.includes(name as Kept)) store.predictions.save(scored.set, scored.predictions, madeAt);
  }
  return store;
}
