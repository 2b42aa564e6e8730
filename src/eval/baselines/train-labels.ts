import type { Instruction } from '../../core/instruction.js';

/** What the train split says of likes. Rows without a label are not counted. */
export interface TrainLabels {
  readonly likes: number;
  readonly rows: number;
  readonly ofItem: ReadonlyMap<string, { readonly likes: number; readonly rows: number }>;
}

/** One pass over train; nothing but counts is kept. */
export function countTrainLabels(train: Iterable<Pick<Instruction, 'itemId' | 'label'>>): TrainLabels {
  const ofItem = new Map<string, { likes: number; rows: number }>();
  let likes = 0;
  let rows = 0;
  for (const { itemId, label } of train) {
    if (label === null) continue;
    const item = ofItem.get(itemId) ?? { likes: 0, rows: 0 };
    item.rows += 1;
    rows += 1;
    if (label) {
      item.likes += 1;
      likes += 1;
    }
    ofItem.set(itemId, item);
  }
  return { likes, rows, ofItem };
}

/** Like rate of train, (likes + 1/2) / (rows + 1): never 0 or 1, and 1/2 without rows. */
export function trainMean({ likes, rows }: Pick<TrainLabels, 'likes' | 'rows'>): number {
  return (likes + 0.5) / (rows + 1);
}
