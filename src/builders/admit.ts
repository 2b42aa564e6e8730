import type { DatasetRecipe } from '../core/recipe.js';
import type { ItemTexts } from './item-texts.js';
import type { LogTable } from './log-table.js';

/** The interactions that a recipe lets in, in log order, and how many it leaves out, by reason. */
export interface Admitted {
  readonly table: LogTable;
  readonly leftOut: { readonly zeroRatings: number; readonly missingTitles: number; readonly core?: number };
}

export function admit(all: LogTable, recipe: DatasetRecipe, texts: ItemTexts): Admitted {
  const leftOut = { zeroRatings: 0, missingTitles: 0 };
  const isPrinted = all.itemIds.map((itemId) => texts.has({ itemId }));
  const stays = Uint8Array.from({ length: all.size }, (_, row) => {
    if (recipe.zeroRatings === 'remove' && all.ratings[row] === 0) leftOut.zeroRatings += 1;
    else if (recipe.missingTitles === 'skip' && !isPrinted[all.items[row] as number]) leftOut.missingTitles += 1;
    else return 1;
    return 0;
  });
  const table = all.where((row) => stays[row] === 1);
  if (recipe.filter === undefined) return { table, leftOut };
  const kept = core(table, recipe.filter.userCore, recipe.filter.itemCore);
  return { table: kept, leftOut: { ...leftOut, core: table.size - kept.size } };
}

/**
 * The k-core: users with fewer than `users` interactions go, items with fewer than `items`, again and again until none is left.
 * The result does not depend on the order of removal.
 */
export function core(table: LogTable, users: number, items: number): LogTable {
  const stays = new Uint8Array(table.size).fill(1);
  for (;;) {
    const byUser = counts(table.users, table.userIds.length, stays);
    const byItem = counts(table.items, table.itemIds.length, stays);
    let removed = 0;
    for (let row = 0; row < table.size; row++) {
      const enough =
        (byUser[table.users[row] as number] as number) >= users &&
        (byItem[table.items[row] as number] as number) >= items;
      if (enough || stays[row] === 0) continue;
      stays[row] = 0;
      removed += 1;
    }
    if (removed === 0) return table.where((row) => stays[row] === 1);
  }
}

function counts(column: Uint32Array, groups: number, stays: Uint8Array): Uint32Array {
  const found = new Uint32Array(groups);
  column.forEach((group, row) => {
    found[group] = (found[group] as number) + (stays[row] as number);
  });
  return found;
}
