import type { Interaction } from '../core/interaction.js';
import type { DatasetRecipe } from '../core/recipe.js';
import type { ItemTexts } from './item-texts.js';

/** The interactions that a recipe lets in, in log order, and how many it leaves out, by reason. */
export interface Admitted {
  readonly interactions: Interaction[];
  readonly leftOut: { readonly zeroRatings: number; readonly missingTitles: number; readonly core?: number };
}

export function admit(all: Iterable<Interaction>, recipe: DatasetRecipe, texts: ItemTexts): Admitted {
  const interactions: Interaction[] = [];
  const leftOut = { zeroRatings: 0, missingTitles: 0 };
  for (const interaction of all) {
    if (recipe.zeroRatings === 'remove' && interaction.rating === 0) leftOut.zeroRatings += 1;
    else if (recipe.missingTitles === 'skip' && !texts.has(interaction)) leftOut.missingTitles += 1;
    else interactions.push(interaction);
  }
  if (recipe.filter === undefined) return { interactions, leftOut };
  const kept = core(interactions, recipe.filter.userCore, recipe.filter.itemCore);
  return { interactions: kept, leftOut: { ...leftOut, core: interactions.length - kept.length } };
}

/**
 * The k-core: users with fewer than `users` interactions go, items with fewer than `items`, again and again until none is left.
 * The result does not depend on the order of removal.
 */
export function core(interactions: readonly Interaction[], users: number, items: number): Interaction[] {
  let kept = [...interactions];
  for (;;) {
    const byUser = counts(kept, ({ userId }) => userId);
    const byItem = counts(kept, ({ itemId }) => itemId);
    const next = kept.filter(
      ({ userId, itemId }) => (byUser.get(userId) ?? 0) >= users && (byItem.get(itemId) ?? 0) >= items,
    );
    if (next.length === kept.length) return kept;
    kept = next;
  }
}

function counts(interactions: readonly Interaction[], key: (one: Interaction) => string): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of interactions) found.set(key(one), (found.get(key(one)) ?? 0) + 1);
  return found;
}
