import { packNumbers } from './number-column.js';

const MOST_BEGIN = 2 ** 30;

/** Texts of which rows of a block name one each: every text once, in the order in which they came. */
export class Names {
  readonly #names: string[] = [];
  readonly #places = new Map<string, number>(); // of each name, once one of the block came without a number
  #isByName = false; // whether that is so
  #placesOf = new Int32Array(0); // of names by their number, and #begin more; less than that: not in this block
  #begin = 1;
  readonly #of: Uint32Array;
  #last: string | undefined;
  #lastPlace = 0;

  /** rows  of a block at most */
  constructor(rows: number) {
    this.#of = new Uint32Array(rows);
  }

  /**
   * Whether it is the first that names it.
   *
   * number  that this name always has and no other, where there is one: then nothing need be looked for
   */
  set(row: number, name: string, number?: number): boolean {
    const { length } = this.#names;
    if (name !== this.#last) {
      this.#lastPlace = number === undefined || this.#isByName ? this.#placeOf(name) : this.#numbered(name, number);
      this.#last = name;
    }
    this.#of[row] = this.#lastPlace;
    return this.#names.length > length;
  }

  /** The names as a JSON array, and which of them each row has. From now on there are none. */
  take<Name extends string, Of extends string>(
    names: Name,
    of: Of,
    size: number,
  ): Record<Name, string> & Record<Of, Uint8Array> {
    const taken = {
      [names]: JSON.stringify(this.#names),
      [of]: packNumbers(this.#of.subarray(0, size)),
    };
    this.#begin += this.#names.length;
    if (this.#begin > MOST_BEGIN) {
      this.#placesOf.fill(0);
      this.#begin = 1;
    }
    this.#names.length = 0;
    this.#places.clear();
    this.#isByName = false;
    this.#last = undefined;
    return taken as Record<Name, string> & Record<Of, Uint8Array>;
  }

  #placeOf(name: string): number {
    if (!this.#isByName) {
      this.#isByName = true;
      for (const [place, one] of this.#names.entries()) this.#places.set(one, place);
    }
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  #numbered(name: string, number: number): number {
    if (number >= this.#placesOf.length) {
      const larger = new Int32Array(2 * number + 1024);
      larger.set(this.#placesOf);
      this.#placesOf = larger;
    }
    const known = (this.#placesOf[number] as number) - this.#begin;
    if (known >= 0) return known;
    this.#placesOf[number] = this.#begin + this.#names.length;
    return this.#names.push(name) - 1;
  }
}
