import { SPLITS } from '../../../core/instruction.js';
import { sha256 } from '../../../platform/files.js';
import type { JudgeMakers } from '../judge.js';

type Kind = 'contradictory-labels' | 'split-twins' | 'short-history' | 'tied-targets' | 'stale-history' | 'old-targets';

const DAY = 86_400; // seconds

export const ROW_FILTERS: JudgeMakers<Kind> = {
  'contradictory-labels': (_settings, scene, split) => {
    const first = new Map<string, boolean>();
    const torn = new Set<string>();
    for (const { userId, itemId, label } of scene.rows(split)) {
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
  'split-twins': ({ by }, scene, split) => {
    const keyOf = (row: { prompt: string; userId: string; itemId: string }): string =>
      by === 'prompt' ? sha256(row.prompt) : JSON.stringify([row.userId, row.itemId]);
    const later = new Map<string, string>();
    for (const other of SPLITS.slice(SPLITS.indexOf(split) + 1)) {
      for (const row of scene.rows(other)) later.set(keyOf(row), `${other} row ${row.row}`);
    }
    return (row) => {
      const twin = later.get(keyOf(row));
      return twin === undefined ? undefined : `${twin} has the same ${by === 'prompt' ? 'prompt' : 'user and item'}`;
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
    for (const { userId, target } of scene.rows('train')) {
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
