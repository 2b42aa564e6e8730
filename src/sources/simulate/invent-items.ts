import type { Random } from '../../core/random.js';
import { GENRES, type GenreWords, PLACES, SHARED_OPENERS, SHARED_THINGS } from './genres.js';

/** An item that the simulator invented. */
export interface InventedItem {
  readonly itemId: string; // i001, i002, ...
  readonly title: string;
  readonly genre: string; // one of GENRES
  readonly quality: number; // adds to every user's opinion; in units of rating
}

const SHARED_WORD = 0.2; // chance that a word of a title says nothing about the genre

/**
 * Invents items, the same number of each genre within one, in mixed order.
 *
 * taken    titles that may not be used; the new ones are added
 * quality  standard deviation of the items' quality
 */
export function inventItems(random: Random, count: number, quality: number, taken: Set<string>): InventedItem[] {
  const genres = random.shuffle(Array.from({ length: count }, (_, i) => GENRES[i % GENRES.length] as GenreWords));
  return genres.map((genre, i) => ({
    itemId: `i${String(i + 1).padStart(3, '0')}`,
    title: freshTitle(random, genre, taken),
    genre: genre.name,
    quality: quality * random.normal(),
  }));
}

/** There are some thousands of titles a genre, so that an unused one is found soon. */
function freshTitle(random: Random, genre: GenreWords, taken: Set<string>): string {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const title = inventTitle(random, genre);
    if (taken.has(title)) continue;
    taken.add(title);
    return title;
  }
  throw new RangeError(`no unused title of genre ${genre.name} is left after ${taken.size}`);
}

function inventTitle(random: Random, genre: GenreWords): string {
  const opener = pick(random, random.uniform() < SHARED_WORD ? SHARED_OPENERS : genre.openers);
  const thing = pick(random, random.uniform() < SHARED_WORD ? SHARED_THINGS : genre.things);
  switch (random.integer(4)) {
    case 0:
      return `The ${opener} ${thing}`;
    case 1:
      return `${opener} ${thing} of ${pick(random, PLACES)}`;
    default:
      return `${opener} ${thing}`;
  }
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)] as T;
}
