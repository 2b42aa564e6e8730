import { lowerBound } from '../../../core/lower-bound.js';
import type { FactsJudge, JudgeMakers } from '../judge.js';

type Kind =
  | 'busy-users'
  | 'regular-gaps'
  | 'bursts'
  | 'equal-timestamps'
  | 'constant-ratings'
  | 'one-label-users'
  | 'few-rows-users'
  | 'cold-users';

export const USER_FILTERS: JudgeMakers<Kind, FactsJudge> = {
  'busy-users':
    ({ interactions: most }, { log }) =>
    ({ userId }) => {
      const { interactions = 0 } = log.user(userId) ?? {};
      return interactions > most ? `the user has ${interactions} interactions` : undefined;
    },
  'regular-gaps': ({ interactions: fewest, variation: least }, { log }) =>
    byUser((userId) => {
      const times = log.user(userId)?.times ?? [];
      if (times.length < fewest) return undefined;
      const variation = gapVariation(times);
      if (variation === undefined || variation > least) return undefined;
      return `the gaps between the user's interactions vary by ${variation.toFixed(3)} of their mean`;
    }),
  bursts:
    ({ interactions: least, seconds }, { log }) =>
    ({ userId, target }) => {
      const time = log.timeOf(userId, target);
      const times = log.user(userId)?.times;
      if (time === undefined || times === undefined) return undefined;
      const most = largestBurst(times, time, seconds);
      return most >= least ? `the user met ${most} items within ${seconds} seconds of one another` : undefined;
    },
  'equal-timestamps':
    ({ interactions: fewest }, { log }) =>
    ({ userId }) => {
      const times = log.user(userId)?.times ?? [];
      if (times.length < fewest || times[0] !== times.at(-1)) return undefined;
      return `all ${times.length} interactions of the user have the timestamp ${times[0]}`;
    },
  'constant-ratings':
    ({ interactions: fewest }, { log }) =>
    ({ userId }) => {
      const { interactions = 0, ratings } = log.user(userId) ?? {};
      if (interactions < fewest || ratings?.size !== 1) return undefined;
      return `the user rated all ${interactions} items ${[...ratings][0]}`;
    },
  'one-label-users': ({ rows: fewest }, scene, split) => {
    const labels = new Map<string, { liked: number; disliked: number }>();
    for (const { userId, label } of scene.facts(split)) {
      if (label === null) continue;
      const known = labels.get(userId) ?? { liked: 0, disliked: 0 };
      labels.set(userId, known);
      known[label ? 'liked' : 'disliked'] += 1;
    }
    return ({ userId, label }) => {
      const { liked = 0, disliked = 0 } = labels.get(userId) ?? {};
      if (label === null || liked + disliked < fewest || (liked > 0 && disliked > 0)) return undefined;
      return `all ${liked + disliked} rows of the user are ${liked > 0 ? 'liked' : 'not liked'}`;
    };
  },
  'few-rows-users': ({ rows: fewest }, scene, split) => {
    const rows = new Map<string, number>();
    for (const { userId } of scene.facts(split)) rows.set(userId, (rows.get(userId) ?? 0) + 1);
    return ({ userId }) => {
      const own = rows.get(userId) ?? 0;
      return own < fewest ? `the user has ${own} rows` : undefined;
    };
  },
  'cold-users': (_settings, scene) => {
    const known = new Set<string>();
    for (const { userId } of scene.facts('train')) known.add(userId);
    return ({ userId }) => (known.has(userId) ? undefined : 'the user has no row in train');
  },
};

/** Remembers what was found of a user. */
function byUser(find: (userId: string) => string | undefined): ({ userId }: { userId: string }) => string | undefined {
  const found = new Map<string, string | undefined>();
  return ({ userId }) => {
    if (!found.has(userId)) found.set(userId, find(userId));
    return found.get(userId);
  };
}

/**
 * Standard deviation of the gaps between ascending times, over their mean. 1 for arrivals at random (Poisson), 0 for a clock.
 *
 * returns  undefined when all times are equal: there is no mean to divide by
 */
export function gapVariation(times: readonly number[]): number | undefined {
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (!(mean > 0)) return undefined;
  return Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / mean;
}

/** The most of ascending times that lie within `seconds` of one another, `time` among them. */
export function largestBurst(times: readonly number[], time: number, seconds: number): number {
  let most = 0;
  let end = lowerBound(times, time - seconds);
  for (let begin = end; begin < times.length && (times[begin] as number) <= time; begin++) {
    while (end < times.length && (times[end] as number) <= (times[begin] as number) + seconds) end += 1;
    most = Math.max(most, end - begin);
  }
  return most;
}
