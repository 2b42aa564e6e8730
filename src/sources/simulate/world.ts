import { Random } from '../../core/random.js';
import { GENRES } from './genres.js';
import { type InventedItem, inventItems } from './invent-items.js';

/** How an invented world is made. All opinions are in units of rating. */
export interface WorldSettings {
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly events: number; // interactions a user
  readonly genresOfUser: number; // a user meets items of so many genres, each equally often
  readonly taste: number; // what a liked genre adds and a disliked one takes away
  readonly quality: number; // standard deviation of what an item adds for everyone
  readonly noise: number; // standard deviation of what no one can know
}

/** The world of datasets/tiny. Another value here is another data set: write it with `npm run simulate`. */
export const TINY_WORLD: WorldSettings = {
  seed: 1,
  users: 200,
  items: 200,
  events: 24,
  genresOfUser: 4,
  taste: 1,
  quality: 0.3,
  noise: 0.8,
};

/** A rating is this plus taste, quality and noise, rounded to 1 to 5: it is above 3 exactly when those three add up to 0 or more. */
const MIDDLE = 3.5;
export const LIKED_ABOVE = 3;

export interface InventedUser {
  readonly userId: string; // u0001, u0002, ...
  readonly tastes: ReadonlyMap<string, 1 | -1>; // genre to liked or disliked, for the genres that the user meets
}

export interface InventedInteraction {
  readonly userId: string;
  readonly itemId: string;
  readonly rating: number; // 1 to 5
  readonly timestamp: number; // seconds since 1970, UTC
}

/** Users, items and what happened between them, with all that is hidden from a log. */
export interface World {
  readonly settings: WorldSettings;
  readonly users: readonly InventedUser[];
  readonly items: readonly InventedItem[];
  readonly interactions: readonly InventedInteraction[]; // by time
}

/**
 * Invents a world. What a user meets does not depend on what he likes, so the choice of items gives nothing away.
 *
 * taken   titles that may not be used; the new ones are added
 * throws  RangeError when a user would meet more items of a genre than there are
 */
export function inventWorld(settings: WorldSettings, taken: Set<string> = new Set()): World {
  const { seed } = settings;
  const items = inventItems(new Random(seed, 'simulate items'), settings.items, settings.quality, taken);
  const chance = new Random(seed, 'simulate users');
  const users = Array.from({ length: settings.users }, (_, i) => ({
    userId: `u${String(i + 1).padStart(4, '0')}`,
    tastes: drawTastes(chance, settings.genresOfUser),
  }));
  const interactions = users
    .flatMap((user) => meetings(new Random(seed, `simulate meetings of ${user.userId}`), user, items, settings))
    .sort((a, b) => a.timestamp - b.timestamp);
  return { settings, users, items, interactions };
}

/** Each choice of liked and disliked genres is equally likely, but nobody likes or dislikes everything. */
function drawTastes(random: Random, count: number): Map<string, 1 | -1> {
  const genres = random.shuffle(GENRES).slice(0, count);
  for (;;) {
    const tastes = new Map(genres.map(({ name }) => [name, random.integer(2) === 1 ? 1 : -1] as const));
    if (new Set(tastes.values()).size === 2) return tastes;
  }
}

const FIRST_DAY = Date.UTC(2024, 0, 1) / 1000;
const DAYS = 300; // in which users begin
const PAUSE = 3 * 86_400; // seconds between two events of a user, at most

function meetings(
  random: Random,
  { userId, tastes }: InventedUser,
  items: readonly InventedItem[],
  { events, taste, noise }: WorldSettings,
): InventedInteraction[] {
  const genres = [...tastes.keys()];
  const unseen = new Map(genres.map((genre) => [genre, random.shuffle(items.filter((item) => item.genre === genre))]));
  let timestamp = FIRST_DAY + random.integer(DAYS * 86_400);
  return Array.from({ length: events }, () => {
    const genre = genres[random.integer(genres.length)] as string;
    const item = unseen.get(genre)?.pop();
    if (!item) throw new RangeError(`user ${userId} has met every item of genre ${genre}`);
    timestamp += 1 + random.integer(PAUSE);
    const opinion = taste * (tastes.get(genre) ?? 0) + item.quality + noise * random.normal();
    const rating = Math.min(5, Math.max(1, Math.round(MIDDLE + opinion)));
    return { userId, itemId: item.itemId, rating, timestamp };
  });
}
