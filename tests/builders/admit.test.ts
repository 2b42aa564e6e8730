import fc from 'fast-check';
import { expect, it } from 'vitest';
import { core } from '../../src/builders/admit.js';
import type { Interaction } from '../../src/core/interaction.js';
import { anyLog, tableOf } from './invented-log.js';

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
      const kept = core(tableOf(log), users, items);
      expect(kept.interactions(kept.lines.map((_, row) => row))).toEqual(slowCore(log, users, items));
    }),
  );
});
