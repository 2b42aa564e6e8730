import type { Example } from '../examples.js';
import type { TrainKnowledge } from '../log-knowledge.js';

const SHARED = 2; // items of the history that a user must have met to count as alike

/**
 * What users of train with a like history thought of the target, in words: "5 of 7 users who know 2 or more of these liked it".
 * Only interactions of train count, not the user's own, and none at or after the target's time.
 *
 * returns  undefined when no such user met the target
 */
export function collaborativeEvidence({ userId, history, target }: Example, train: TrainKnowledge): string | undefined {
  const met = new Map<string, number>();
  for (const itemId of new Set(history.map((one) => one.itemId))) {
    for (const other of train.of(itemId)) met.set(other.userId, (met.get(other.userId) ?? 0) + 1);
  }
  let [asked, liked] = [0, 0];
  for (const other of train.of(target.itemId)) {
    if (other.userId === userId || (met.get(other.userId) ?? 0) < Math.min(SHARED, history.length)) continue;
    if (target.timestamp !== null && other.timestamp !== null && other.timestamp >= target.timestamp) continue;
    asked += 1;
    if (other.liked) liked += 1;
  }
  return asked === 0 ? undefined : `${liked} of ${asked} users who know ${SHARED} or more of these liked it`;
}
