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
  readonly users: ReadonlyMap<string, User>;
  readonly roles: Roles;
  readonly scale: readonly string[]; // the ratings that the log has, ascending, as text
  readonly categories: readonly string[]; // of all items, by name
  readonly train: TrainKnowledge;
}

/** Counted over the interactions that rows of train show, as target or history, and that no row of valid or test asks for. */
export class TrainKnowledge {
  readonly judgements = new Map<string, Judgements>();
  readonly #byItem = new Map<string, TrainInteraction[]>();
  readonly #byUser = new Map<string, string[]>();

  add({ userId, itemId, timestamp }: Interaction, liked: boolean): void {
    const judged = this.judgements.get(itemId) ?? { met: 0, liked: 0 };
    judged.met += 1;
    if (liked) judged.liked += 1;
    this.judgements.set(itemId, judged);
    push(this.#byItem, itemId, { userId, liked, timestamp });
    push(this.#byUser, userId, itemId);
  }

  /** Who met an item. */
  of(itemId: string): readonly TrainInteraction[] {
    return this.#byItem.get(itemId) ?? [];
  }

  /** The items that a user met. */
  by(userId: string): readonly string[] {
    return this.#byUser.get(userId) ?? [];
  }
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
