import type { InventedItem } from './invent-items.js';
import type { World, WorldSettings } from './world.js';

/** An example of an invented world: what a prompt shows and what it asks for. */
export interface InventedExample {
  readonly userId: string;
  readonly history: readonly { readonly itemId: string; readonly liked: boolean }[];
  readonly itemId: string; // the target
}

/**
 * The chance that the user likes the target, for one who knows the user's tastes and the item's quality: no scorer reaches a
 * higher expected AUC. Like is a rating above 3.
 */
export function chanceByTaste(world: World): (example: InventedExample) => number {
  const items = byId(world);
  const users = new Map(world.users.map((user) => [user.userId, user]));
  return ({ userId, itemId }) => {
    const item = known(items, itemId);
    const taste = users.get(userId)?.tastes.get(item.genre);
    if (taste === undefined) throw new RangeError(`user ${userId} never meets genre ${item.genre}`);
    return chance(taste, item, world.settings);
  };
}

/**
 * The same for one who sees no more than the prompt, and knows how users are made and the items' quality: Bayes' rule over all
 * tastes that a user may have. No reader of the prompt reaches a higher expected AUC.
 */
export function chanceByPrompt(world: World): (example: InventedExample) => number {
  const items = byId(world);
  const { settings } = world;
  return ({ history, itemId }) => {
    const target = known(items, itemId);
    const shown = history.map(({ itemId: id, liked }) => ({ item: known(items, id), liked }));
    const genres = [...new Set([target, ...shown.map(({ item }) => item)].map(({ genre }) => genre))];
    if (genres.length > settings.genresOfUser) throw new RangeError(`no user meets ${genres.length} genres`);
    let all = 0;
    let liking = 0;
    // Genres that are not shown count too: nobody likes or dislikes all of his genres.
    for (let tastes = 1; tastes < 2 ** settings.genresOfUser - 1; tastes++) {
      const chanceOf = (item: InventedItem) =>
        chance(((tastes >> genres.indexOf(item.genre)) & 1) === 1 ? 1 : -1, item, settings);
      const likelihood = shown.reduce(
        (product, { item, liked }) => product * (liked ? chanceOf(item) : 1 - chanceOf(item)),
        1,
      );
      all += likelihood;
      liking += likelihood * chanceOf(target);
    }
    return liking / all;
  };
}

function chance(taste: 1 | -1, item: InventedItem, { taste: strength, noise }: WorldSettings): number {
  return normalBelow((strength * taste + item.quality) / noise);
}

/**
 * The standard normal distribution function.
 *
 * source  Abramowitz and Stegun 1964, 26.2.17; absolute error below 7.5e-8
 */
export function normalBelow(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x >= 0 ? 1 - above : above;
}

function byId(world: World): Map<string, InventedItem> {
  return new Map(world.items.map((item) => [item.itemId, item]));
}

function known(items: ReadonlyMap<string, InventedItem>, itemId: string): InventedItem {
  const item = items.get(itemId);
  if (!item) throw new RangeError(`the world has no item ${itemId}`);
  return item;
}
