import type { TrainKnowledge } from '../log-knowledge.js';

const USERS_EACH = 200; // of train, that are asked for each item of the history: the first of the log

/**
 * The items that users of train met together with a history, most often first; ties by id. The simplest retriever there is: it
 * gives hard negatives, items that a good recommender would have to tell from the target.
 */
export function metTogether(history: readonly string[], train: TrainKnowledge): string[] {
  const counts = new Map<string, number>();
  for (const id of new Set(history)) {
    for (const { userId } of train.of(id).slice(0, USERS_EACH)) {
      for (const other of new Set(train.by(userId))) counts.set(other, (counts.get(other) ?? 0) + 1);
    }
  }
  for (const id of history) counts.delete(id);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([id]) => id);
}
