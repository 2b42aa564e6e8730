import type { Interaction, Item, User } from '../core/interaction.js';
import type { Roles } from './column-roles.js';

/** How train judged an item. */
export interface Judgements {
  met: number; // interactions of train
  liked: number; // of them
}

/** What the builder knows of a log: items and users, and what train alone says of them. */
export interface LogKnowledge {
  readonly items: ReadonlyMap<string, Item>;
  readonly users: ReadonlyMap<string, User>; // of whom something is known
  readonly roles: Roles;
  readonly scale: readonly string[]; // the ratings that the log has, ascending, as text
  readonly categories: readonly string[]; // of all items, by name
  readonly train: TrainKnowledge;
}

/** An interaction of train, and whether it counts as liked. */
export interface Learned {
  readonly interaction: Interaction;
  readonly liked: boolean;
}

/**
 * Counted over the interactions that rows of train show, as target or history, and that no row of valid or test asks for. What is known of items
 * takes memory for items alone; who met what is kept when somebody asks for the first time, and takes memory for every interaction.
 */
export class TrainKnowledge {
  readonly #interactions: () => Iterable<Learned>;
  #judgements: Map<string, Judgements> | undefined;
  #meetings: Meetings | undefined;

  /** interactions  the same ones at each call */
  constructor(interactions: () => Iterable<Learned>) {
    this.#interactions = interactions;
  }

  /** By item. */
  get judgements(): ReadonlyMap<string, Judgements> {
    this.#judgements ??= this.#judge();
    return this.#judgements;
  }

  /** Who met an item. */
  of(itemId: string): readonly TrainInteraction[] {
    this.#meetings ??= this.#meet();
    return this.#meetings.byItem.get(itemId) ?? [];
  }

  /** The items that a user met. */
  by(userId: string): readonly string[] {
    this.#meetings ??= this.#meet();
    return this.#meetings.byUser.get(userId) ?? [];
  }

  #judge(): Map<string, Judgements> {
    const judgements = new Map<string, Judgements>();
    for (const { interaction, liked } of this.#interactions()) {
      const judged = judgements.get(interaction.itemId) ?? { met: 0, liked: 0 };
      judged.met += 1;
      if (liked) judged.liked += 1;
      judgements.set(interaction.itemId, judged);
    }
    return judgements;
  }

  #meet(): Meetings {
    const byItem = new Map<string, TrainInteraction[]>();
    const byUser = new Map<string, string[]>();
    for (const { interaction, liked } of this.#interactions()) {
      const { userId, itemId, timestamp } = interaction;
      push(byItem, itemId, { userId, liked, timestamp });
      push(byUser, userId, itemId);
    }
    return { byItem, byUser };
  }
}

interface Meetings {
  readonly byItem: ReadonlyMap<string, readonly TrainInteraction[]>;
  readonly byUser: ReadonlyMap<string, readonly string[]>;
}

export interface TrainInteraction {
  readonly userId: string;
  readonly liked: boolean;
  readonly timestamp: number | null;
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The categories of an item, in its own order; none without the role. */
export function categoriesOf(item: Item | undefined, { category }: Roles): string[] {
  return category === undefined ? [] : partsOf(item?.attributes[category] ?? '');
}

/** "a|b|a" to a, b: an attribute of several values, each once. */
export function partsOf(text: string): string[] {
  return [...new Set(text.split('|').map((part) => part.trim()))].filter((part) => part !== '');
}
