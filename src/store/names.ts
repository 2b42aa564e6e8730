import { packNumbers } from './number-column.js';

/** Texts of which rows of a block name one each: every text once, in the order in which they came. */
export class Names {
  readonly #places = new Map<string, number>();
  readonly #of: Uint32Array;
  #last: string | undefined;
  #lastPlace = 0;

  /** rows  of a block at most */
  constructor(rows: number) {
    this.#of = new Uint32Array(rows);
  }

  /** Whether it is the first that names it. */
  set(row: number, name: string): boolean {
    let isNew = false;
    if (name !== this.#last) {
      const known = this.#places.get(name);
      isNew = known === undefined;
      this.#lastPlace = known ?? this.#places.size;
      this.#last = name;
      if (isNew) this.#places.set(name, this.#lastPlace);
    }
    this.#of[row] = this.#lastPlace;
    return isNew;
  }

  /** The names as a JSON array, and which of them each row has. From now on there are none. */
  take<Name extends string, Of extends string>(
    names: Name,
    of: Of,
    size: number,
  ): Record<Name, string> & Record<Of, Uint8Array> {
    const taken = {
      [names]: JSON.stringify([...this.#places.keys()]),
      [of]: packNumbers(this.#of.subarray(0, size)),
    };
    this.#places.clear();
    this.#last = undefined;
    return taken as Record<Name, string> & Record<Of, Uint8Array>;
  }
}
