import type { JudgeMakers } from '../judge.js';

type Kind = 'dead-items' | 'popular-items' | 'repeated-targets' | 'repeated-history';

export const ITEM_FILTERS: JudgeMakers<Kind> = {
  'dead-items': ({ interactions: fewest }, scene) => {
    const lines = new Set<number>(); // an interaction stands in many histories and counts once
    const met = new Map<string, number>();
    for (const { target, historyInteractions } of scene.rows('train')) {
      for (const line of [target, ...historyInteractions]) {
        if (lines.has(line)) continue;
        lines.add(line);
        const item = scene.log.itemOf(line);
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
    for (const { itemId } of scene.rows('train')) {
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
    ({ itemId, historyInteractions }) =>
      historyInteractions.some((line) => log.itemOf(line) === itemId) ? 'the target stands in the history' : undefined,
  'repeated-history':
    (_settings, { log }) =>
    ({ historyInteractions }) => {
      const items = historyInteractions.map((line) => log.itemOf(line));
      const again = items.find((item, i) => items.indexOf(item) < i);
      return again === undefined ? undefined : `item ${again} stands in the history more than once`;
    },
};
