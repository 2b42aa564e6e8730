import fc from 'fast-check';
import { expect, it } from 'vitest';
import { core } from '../../src/builders/admit.js';
import type { Interaction } from '../../src/core/interaction.js';
import { anyLog, rowsOf } from './invented-log.js';

/** Takes one user or item away at a time, as the definition of a core allows in any order. */
function slowCore(log: readonly Interaction[], users: number, items: number): Interaction[] {
  const rare = (key: 'userId' | 'itemId', least: number) =>
    log.map((one) => one[key]).find((id, _, all) => all.filter((other) => other === id).length < least);
  const user = rare('userId', users);
  if (user !== undefined)
    return slowCore(
      log.filter(({ userId }) => userId !== user),
      users,
      items,
    );
  const item = rare('itemId', items);
  if (item !== undefined)
    return slowCore(
      log.filter(({ itemId }) => itemId !== item),
      users,
      items,
    );
  return [...log];
}

it('leaves the interactions whose users and items all have enough of them, whatever goes first', () => {
  fc.assert(
    fc.property(anyLog(), fc.nat(6), fc.nat(6), (log, users, items) => {
      const rows = rowsOf(log, 7);
      const { stays, removed } = core(rows, () => true, users, items);
      const lines = [...rows.batches()].flatMap((batch) => [...batch.lines].filter((_, row) => stays(batch, row)));
      const slow = slowCore(log, users, items);
      expect(lines).toEqual(slow.map(({ logIndex }) => logIndex));
      expect(removed).toBe(log.length - slow.length);
    }),
  );
});
