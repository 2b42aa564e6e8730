import type { TAG_ATTRIBUTES } from '../core/source-spec.js';

type TagAttributes = Partial<Record<(typeof TAG_ATTRIBUTES)[number], string>>;

/** How often a tag was put on an item, and when first. */
interface Use {
  times: number;
  readonly users: Set<string>;
  first: number | null; // seconds since 1970; null: the log does not tell
}

/** The tags of items, counted. */
export class ItemTags {
  readonly #items = new Map<string, Map<string, Use>>();

  /** user  who put it there: counts once for an item's tag; undefined: each time counts */
  add(itemId: string, tag: string, user: string | undefined, timestamp: number | null): void {
    const tags = this.#items.get(itemId) ?? new Map<string, Use>();
    this.#items.set(itemId, tags);
    const use = tags.get(tag) ?? { times: 0, users: new Set<string>(), first: timestamp };
    tags.set(tag, use);
    if (timestamp !== null && use.first !== null) use.first = Math.min(use.first, timestamp);
    if (user === undefined) use.times += 1;
    else use.times = use.users.add(user).size;
  }

  /**
   * An item's tags, joined by "|": the most frequent first, of equally frequent ones the first by code units, at most so many.
   * With times: when each of them was first put on the item, in the same order.
   */
  attributesOf(itemId: string, most: number, withTimes: boolean): TagAttributes {
    const tags = [...(this.#items.get(itemId) ?? [])]
      .sort(([a, one], [b, other]) => other.times - one.times || (a < b ? -1 : 1))
      .slice(0, most);
    const names = tags.map(([tag]) => tag).join('|');
    return withTimes ? { tags: names, tagTimes: tags.map(([, { first }]) => first).join('|') } : { tags: names };
  }
}
