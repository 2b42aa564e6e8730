import { RectuneError } from '../core/errors.js';
import type { Interaction, Item } from '../core/interaction.js';
import type { Roles } from './column-roles.js';
import { attributesOf, hasRole } from './coverage.js';
import { partsOf } from './log-knowledge.js';
import type { ItemText } from './render.js';

/** What the template prints of each item, and why nothing can be printed of some. */
export class ItemTexts {
  readonly #texts = new Map<string, ItemText>();
  readonly #faults = new Map<string, string>();

  /**
   * fields  what the template prints beside the title; a field that is absent or empty is a fault, as an empty title is;
   *         category is printed by its role in the log, joined by ", "
   * throws  RectuneError 'data' when a field is absent from every item: that is the template's mistake, not the log's
   */
  constructor(items: ReadonlyMap<string, Item>, fields: readonly string[], sourceId: string, roles?: Roles) {
    const columnOf = (field: string): string => (hasRole(field) ? (roles?.[field] ?? field) : field);
    const known = attributesOf(items.values());
    for (const field of fields) {
      if (items.size === 0 || known.has(columnOf(field))) continue;
      const what = `the template prints "${field}", which no item of source "${sourceId}" has`;
      const fix = `map it in source.yaml, or use one of ${['title', ...known].join(', ')}`;
      throw new RectuneError('data', what, `source ${sourceId}`, fix);
    }
    for (const { itemId, title, attributes } of items.values()) {
      const text: Record<string, string> & { title: string } = { title };
      for (const field of fields) {
        const column = columnOf(field);
        const value = Object.hasOwn(attributes, column) ? (attributes[column] as string) : '';
        text[field] = hasRole(field) ? partsOf(value).join(', ') : value;
      }
      const empty = Object.keys(text).find((name) => text[name]?.trim() === '');
      if (empty) this.#faults.set(itemId, `no ${empty}`);
      else if (Object.values(text).some((value) => LONE_SURROGATE.test(value))) {
        this.#faults.set(itemId, 'a title that is not Unicode text');
      } else this.#texts.set(itemId, text);
    }
  }

  find(itemId: string): ItemText | undefined {
    return this.#texts.get(itemId);
  }

  has({ itemId }: Pick<Interaction, 'itemId'>): boolean {
    return this.#texts.has(itemId);
  }

  /** What an item lacks, in a word or two: "author", "title". */
  lacks(itemId: string): string {
    return this.fault(itemId).replace(/^no /, '');
  }

  /** Why an item cannot be printed. */
  fault(itemId: string): string {
    return this.#faults.get(itemId) ?? 'not among the items';
  }
}

/** Half of a character above U+FFFF; it has no UTF-8 form, so byte ranges would not hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;
