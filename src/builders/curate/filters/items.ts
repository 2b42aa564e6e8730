import type { FactsJudge, JudgeMakers } from '../judge.js';

type Kind = 'dead-items' | 'popular-items' | 'repeated-targets' | 'repeated-history';

export const ITEM_FILTERS: JudgeMakers<Kind, FactsJudge> = {
  'dead-items': ({ interactions: fewest }, scene) => {
    const told = new Uint8Array((scene.log.lastLine >>> 3) + 1); // a bit a line: an interaction stands in many histories and counts once
    const met = new Map<string, number>();
    for (const { userId, target, historyInteractions } of scene.facts('train')) {
      for (const line of [target, ...historyInteractions]) {
        const [at, bit] = [line >>> 3, 1 << (line & 7)];
        if (((told[at] as number) & bit) !== 0) continue;
        (told[at] as number) |= bit;
        const item = scene.log.itemOf(userId, line);
        met.set(item, (met.get(item) ?? 0) + 1);
      }
    }
    return ({ itemId }) => {
      const own = met.get(itemId) ?? 0;
      return own < fewest ? `the target has ${own} interactions in train` : undefined;
    };
  },
  'popular-items': ({ share: most }, scene) => {
    const targets = new Map<string, number>();
    let rows = 0;
    for (const { itemId } of scene.facts('train')) {
      rows += 1;
      targets.set(itemId, (targets.get(itemId) ?? 0) + 1);
    }
    return ({ itemId }) => {
      const own = targets.get(itemId) ?? 0;
      return own > most * rows ? `${own} of ${rows} rows of train have the target` : undefined;
    };
  },
  'repeated-targets':
    (_settings, { log }) =>
    ({ userId, itemId, historyInteractions }) =>
      historyInteractions.some((line) => log.itemOf(userId, line) === itemId)
        ? 'the target stands in the history'
        : undefined,
  'repeated-history':
    (_settings, { log }) =>
    ({ userId, historyInteractions }) => {
      const items = historyInteractions.map((line) => log.itemOf(userId, line));
      const again = items.find((item, i) => items.indexOf(item) < i);
      return again === undefined ? undefined : `item ${again} stands in the history more than once`;
    },
};
