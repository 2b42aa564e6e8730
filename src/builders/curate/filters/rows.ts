import type { FactsJudge, JudgeMakers } from '../judge.js';

type Kind = 'contradictory-labels' | 'short-history' | 'tied-targets' | 'stale-history' | 'old-targets';

const DAY = 86_400; // seconds

export const ROW_FILTERS: JudgeMakers<Kind, FactsJudge> = {
  'contradictory-labels': (_settings, scene, split) => {
    const first = new Map<string, boolean>();
    const torn = new Set<string>();
    for (const { userId, itemId, label } of scene.facts(split)) {
      if (label === null) continue;
      const key = JSON.stringify([userId, itemId]);
      if ((first.get(key) ?? label) !== label) torn.add(key);
      first.set(key, label);
    }
    return ({ userId, itemId, label }) => {
      const hasBoth = label !== null && torn.has(JSON.stringify([userId, itemId]));
      return hasBoth ? 'the user both liked the target and did not' : undefined;
    };
  },
  'short-history':
    ({ items }) =>
    ({ historyInteractions: { length } }) =>
      length < items ? `the history has ${length} items` : undefined,
  'tied-targets':
    (_settings, { log }) =>
    ({ userId, target, historyInteractions }) => {
      const time = log.timeOf(userId, target);
      const tied = time !== undefined && historyInteractions.some((line) => log.timeOf(userId, line) === time);
      return tied ? `the history holds an interaction of the same second as the target` : undefined;
    },
  'stale-history':
    ({ days }, { log }) =>
    ({ userId, target, historyInteractions }) => {
      const last = historyInteractions.at(-1);
      const before = last === undefined ? undefined : log.timeOf(userId, last);
      const now = log.timeOf(userId, target);
      if (before === undefined || now === undefined || now - before <= days * DAY) return undefined;
      return `the history ends ${Math.floor((now - before) / DAY)} days before the target`;
    },
  'old-targets': ({ share }, scene) => {
    const times: number[] = [];
    for (const { userId, target } of scene.facts('train')) {
      const time = scene.log.timeOf(userId, target);
      if (time !== undefined) times.push(time);
    }
    const oldest = Float64Array.from(times).sort()[Math.floor(share * times.length)] ?? Number.POSITIVE_INFINITY;
    return ({ userId, target }) => {
      const time = scene.log.timeOf(userId, target);
      return time !== undefined && time < oldest
        ? `the target was met at ${time}, and ${oldest} is the bound`
        : undefined;
    };
  },
};
