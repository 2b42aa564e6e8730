import type { DatasetRecipe } from '../core/recipe.js';
import type { ItemTexts } from './item-texts.js';
import type { LogBatch, LogRows } from './log-table.js';

/** Whether a row of a batch stays. */
export type Stays = (batch: LogBatch, row: number) => boolean;

/** The interactions that a recipe lets in, and how many it leaves out, by reason. */
export interface Admitted {
  readonly stays: Stays;
  readonly leftOut: { readonly zeroRatings: number; readonly missingTitles: number; readonly core?: number };
}

export function admit(all: LogRows, recipe: DatasetRecipe, texts: ItemTexts): Admitted {
  const leftOut = { zeroRatings: 0, missingTitles: 0 };
  const isPrinted = Uint8Array.from(all.itemIds, (itemId) => (texts.has({ itemId }) ? 1 : 0));
  const [noZeros, printedOnly] = [recipe.zeroRatings === 'remove', recipe.missingTitles === 'skip'];
  let stays: Stays = () => true;
  if (noZeros || (printedOnly && isPrinted.includes(0))) {
    stays = ({ ratings, items }, row) =>
      !(noZeros && ratings[row] === 0) && !(printedOnly && isPrinted[items[row] as number] === 0);
    for (const batch of all.batches()) {
      for (let row = 0; row < batch.size; row++) {
        if (stays(batch, row)) continue;
        if (noZeros && batch.ratings[row] === 0) leftOut.zeroRatings += 1;
        else leftOut.missingTitles += 1;
      }
    }
  }
  if (recipe.filter === undefined) return { stays, leftOut };
  const kept = core(all, stays, recipe.filter.userCore, recipe.filter.itemCore);
  return { stays: kept.stays, leftOut: { ...leftOut, core: kept.removed } };
}

/**
 * The k-core of the rows that stay: users with fewer than `users` interactions go, items with fewer than `items`, again and again until none is left.
 * The result does not depend on the order of removal. Goes through the log once for each round; memory for users and items alone.
 */
export function core(log: LogRows, stays: Stays, users: number, items: number): { stays: Stays; removed: number } {
  const userIn = new Uint8Array(log.userIds.length).fill(1);
  const itemIn = new Uint8Array(log.itemIds.length).fill(1);
  const stillStays: Stays = (batch, row) =>
    userIn[batch.users[row] as number] === 1 && itemIn[batch.items[row] as number] === 1 && stays(batch, row);
  let before: number | undefined;
  for (;;) {
    const byUser = new Uint32Array(userIn.length);
    const byItem = new Uint32Array(itemIn.length);
    let kept = 0;
    for (const batch of log.batches()) {
      for (let row = 0; row < batch.size; row++) {
        if (!stillStays(batch, row)) continue;
        kept += 1;
        count(byUser, batch.users[row] as number);
        count(byItem, batch.items[row] as number);
      }
    }
    before ??= kept;
    const gone = takeOut(userIn, byUser, users) + takeOut(itemIn, byItem, items);
    if (gone === 0) return { stays: stillStays, removed: before - kept };
  }
}

function count(counts: Uint32Array, place: number): void {
  counts[place] = (counts[place] as number) + 1;
}

/** Takes out those with rows, but fewer than `least`; returns how many. */
function takeOut(isIn: Uint8Array, counts: Uint32Array, least: number): number {
  let gone = 0;
  for (let place = 0; place < counts.length; place++) {
    const rows = counts[place] as number;
    if (rows === 0 || rows >= least) continue;
    isIn[place] = 0;
    gone += 1;
  }
  return gone;
}
