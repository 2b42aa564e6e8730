import type { SourceWriter } from '../store/source-imports.js';

/** Users and items of a log that were met so far, with their positions in the store. Grows with them, not with the rows. */
export class LogIds {
  readonly users = new Map<string, number>(); // by the id under which they are kept
  readonly items = new Map<string, number>();
  readonly #writer: Pick<SourceWriter, 'item' | 'user'>;
  readonly #pseudonym: ((userId: string) => string) | undefined;
  readonly #kept = new Map<string, string>(); // pseudonyms of users that were met
  #strangers = 0;

  constructor(writer: Pick<SourceWriter, 'item' | 'user'>, pseudonym: ((userId: string) => string) | undefined) {
    this.#writer = writer;
    this.#pseudonym = pseudonym;
  }

  /** Users that interactions brought: no user file had them. */
  get strangers(): number {
    return this.#strangers;
  }

  /** The id under which a user is kept; an empty one stays empty. */
  known(userId: string): string {
    if (!this.#pseudonym || userId.trim() === '') return userId;
    let kept = this.#kept.get(userId);
    if (kept === undefined) {
      kept = this.#pseudonym(userId);
      this.#kept.set(userId, kept);
    }
    return kept;
  }

  /** Position of a user of an interaction, by the id under which he is kept; one who is new is written. */
  user(userId: string): number {
    const known = this.users.get(userId);
    if (known !== undefined) return known;
    this.#strangers += 1;
    const position = this.#writer.user({ userId, attributes: {} });
    this.users.set(userId, position);
    return position;
  }

  /** Position of an item of an interaction; one that is new is written with its id as title. */
  item(itemId: string): number {
    const known = this.items.get(itemId);
    if (known !== undefined) return known;
    const position = this.#writer.item({ itemId, title: itemId, attributes: {} });
    this.items.set(itemId, position);
    return position;
  }
}
