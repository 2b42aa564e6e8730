import { Random } from '../../core/random.js';
import { GENRES } from './genres.js';
import { type InventedItem, pick } from './invent-items.js';
import { type InventedInteraction, inventWorld, LIKED_ABOVE, TINY_WORLD, type World } from './world.js';

/** How much text is written for a base model to read. */
export interface TextSettings {
  readonly seed: number;
  readonly logs: number; // one user each
  readonly facts: number;
}

/** Enough to learn that a user votes alike on items of one genre, in a fraction of a minute. */
export const TINY_TEXTS: TextSettings = { seed: 1001, logs: 3000, facts: 1000 };

const ITEMS = 600;
const EVENTS = 18; // votes a log
const NOISE = 0.5; // firmer opinions than those of TINY_WORLD: the model sees few
const ASKED = 0.6; // share of the votes that come after the question "(genre)?"
const TRUE_FACTS = 0.5;

/** Text for a base model, and the world that it tells of. */
export interface InventedTexts {
  readonly texts: readonly string[];
  readonly world: World; // other users and other items than those of datasets/tiny
}

/**
 * Writes text for a base model: logs of users ("Log: Dusty Trail (western)? +western Pale Crypt -horror ...") and facts
 * ("Is Pale Crypt (musical)? No."). A word with its sign is one piece of the vocabulary, so that a model of three blocks
 * finds a user's earlier votes on a genre by their form alone. The question of recipes/tiny.yaml, "Will the user like ...?", is not in it.
 *
 * taken  titles that may not be used: those of datasets/tiny, so that no row of the test can stand in the text
 */
export function inventTexts({ seed, logs, facts }: TextSettings, taken: ReadonlySet<string>): InventedTexts {
  const settings = { ...TINY_WORLD, seed, users: logs, items: ITEMS, events: EVENTS, noise: NOISE };
  const world = inventWorld(settings, new Set(taken));
  const random = new Random(seed, 'simulate texts');
  const items = new Map(world.items.map((item) => [item.itemId, item]));
  const events = new Map(world.users.map(({ userId }) => [userId, [] as InventedInteraction[]]));
  for (const interaction of world.interactions) events.get(interaction.userId)?.push(interaction);
  const texts = [
    ...[...events.values()].map((ofUser) => logOf(random, ofUser, items)),
    ...Array.from({ length: facts }, () => factAbout(random, pick(random, world.items))),
  ];
  return { texts, world };
}

function logOf(
  random: Random,
  events: readonly InventedInteraction[],
  items: ReadonlyMap<string, InventedItem>,
): string {
  const votes = events.map(({ itemId, rating }) => {
    const { title, genre } = items.get(itemId) as InventedItem;
    const question = random.uniform() < ASKED ? ` (${genre})?` : '';
    return ` ${title}${question} ${rating > LIKED_ABOVE ? '+' : '-'}${genre}`;
  });
  return `Log:${votes.join('')}`;
}

function factAbout(random: Random, { title, genre }: InventedItem): string {
  const named = random.uniform() < TRUE_FACTS ? genre : pick(random, GENRES).name;
  return `Is ${title} (${named})? ${named === genre ? 'Yes.' : 'No.'}`;
}
