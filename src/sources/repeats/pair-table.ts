/** An interaction, or what several of one user with one item became: numbers side by side, in this order. */
export const FIELD = { user: 0, item: 1, line: 2, rating: 3, timestamp: 4, sum: 5, times: 6 } as const;
export const FIELDS = 7;

/** Which of several interactions of a user with an item stays. */
export type Keep = 'first' | 'last' | 'mean';

const EMPTY = -1;

/** Pairs of a user and an item, each with one record, found by their numbers. */
export class PairTable {
  #records = new Float64Array(FIELDS * 1024); // the first #size of them
  #slots = new Int32Array(2048).fill(EMPTY); // number of a record, at the place of its hash or behind it
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The numbers of a record; of no use after the next put(). */
  record(number: number): Float64Array {
    return this.#records.subarray(number * FIELDS, (number + 1) * FIELDS);
  }

  /**
   * Puts a record in the place of that of its pair, or behind all where there is none: of both, the one that stays, with the ratings of both added up in the
   * order in which they came.
   *
   * returns  the number of the pair's record, and whether the numbers of this one stay
   */
  put(record: Float64Array, keep: Keep): { number: number; stays: boolean } {
    const place = this.#placeOf(record[FIELD.user] as number, record[FIELD.item] as number);
    const number = this.#slots[place] as number;
    if (number === EMPTY) return { number: this.#append(record, place), stays: true };
    const held = this.record(number);
    const isLater = timeOf(record) >= timeOf(held);
    const stays = keep === 'first' ? !isLater : isLater;
    const sum = (held[FIELD.sum] as number) + (record[FIELD.sum] as number);
    const times = (held[FIELD.times] as number) + (record[FIELD.times] as number);
    if (stays) held.set(record);
    held[FIELD.sum] = sum;
    held[FIELD.times] = times;
    return { number, stays };
  }

  #append(record: Float64Array, place: number): number {
    const number = this.#size++;
    if (this.#size * FIELDS > this.#records.length) {
      const larger = new Float64Array(2 * this.#records.length);
      larger.set(this.#records);
      this.#records = larger;
    }
    this.#records.set(record, number * FIELDS);
    this.#slots[place] = number;
    if (2 * this.#size > this.#slots.length) this.#spread();
    return number;
  }

  #placeOf(user: number, item: number): number {
    const mask = this.#slots.length - 1;
    for (let place = hashOfPair(user, item) & mask; ; place = (place + 1) & mask) {
      const number = this.#slots[place] as number;
      if (number === EMPTY) return place;
      const at = number * FIELDS;
      if (this.#records[at] === user && this.#records[at + 1] === item) return place;
    }
  }

  #spread(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(EMPTY);
    for (let number = 0; number < this.#size; number++) {
      const [user, item] = this.record(number);
      this.#slots[this.#placeOf(user as number, item as number)] = number;
    }
  }
}

/** 32 bits, each of them moved by all of both numbers. */
export function hashOfPair(user: number, item: number): number {
  let hash = Math.imul(user, 0x9e3779b1) ^ Math.imul(item + 0x7f4a7c15, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function timeOf(record: Float64Array): number {
  const time = record[FIELD.timestamp] as number;
  return Number.isNaN(time) ? 0 : time;
}
