import type { Instruction } from '../../core/instruction.js';

/**
 * How many rows the train mean counts for beside the rows of an item, a user or a last label. On the validation rows of MovieLens-100K (recipe
 * tallrec-movie) any value from 1 to 20 gives the items' rate an AUC of 0.633 or 0.634; its log loss is 0.656 at 1, 0.628 at 5 and 0.630 at 20.
 */
export const PRIOR_ROWS = 5;

/** Rows of train, and how many of them are liked. */
export interface Counted {
  readonly likes: number;
  readonly rows: number;
}

/** Label of the last item of a history that has one; null: none has. */
export type LastLabel = boolean | null;

/** What the train split says of likes. Rows without a label are not counted. */
export interface TrainLabels extends Counted {
  readonly ofItem: ReadonlyMap<string, Counted>; // by target
  readonly ofUser: ReadonlyMap<string, Counted>;
  readonly behind: ReadonlyMap<LastLabel, Counted>; // by the last label that the history shows
}

/** One pass over train; nothing but counts is kept. */
export function countTrainLabels(
  train: Iterable<Pick<Instruction, 'itemId' | 'userId' | 'label' | 'historyLabels'>>,
): TrainLabels {
  const [ofItem, ofUser] = [new Map<string, Mutable>(), new Map<string, Mutable>()];
  const behind = new Map<LastLabel, Mutable>();
  const all: Mutable = { likes: 0, rows: 0 };
  for (const { itemId, userId, label, historyLabels } of train) {
    if (label === null) continue;
    const last = lastKnown(historyLabels);
    for (const one of [all, entry(ofItem, itemId), entry(ofUser, userId), entry(behind, last)]) {
      one.rows += 1;
      if (label) one.likes += 1;
    }
  }
  return { ...all, ofItem, ofUser, behind };
}

type Mutable = { -readonly [key in keyof Counted]: Counted[key] };

function entry<Key>(counts: Map<Key, Mutable>, key: Key): Mutable {
  const found = counts.get(key) ?? { likes: 0, rows: 0 };
  counts.set(key, found);
  return found;
}

/** labels  oldest first */
export function lastKnown(labels: readonly LastLabel[]): LastLabel {
  return labels.findLast((label) => label !== null) ?? null;
}

/** Like rate of train, (likes + 1/2) / (rows + 1): never 0 or 1, and 1/2 without rows. */
export function trainMean({ likes, rows }: Counted): number {
  return (likes + 0.5) / (rows + 1);
}

/** (likes + 5 m) / (rows + 5) with m the train mean, which it is without rows. */
export function likeRate(counted: Counted | undefined, train: TrainLabels): number {
  const { likes, rows } = counted ?? { likes: 0, rows: 0 };
  return (likes + PRIOR_ROWS * trainMean(train)) / (rows + PRIOR_ROWS);
}

/** ln(p / (1 - p)), of a rate between 0 and 1. */
export function logOdds(rate: number): number {
  return Math.log(rate / (1 - rate));
}
