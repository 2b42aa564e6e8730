import type { TimeColumn } from './log-table.js';

/** Numbers in ascending order, of which some are asked for by their place. An array of sorted numbers is one. */
export interface Ranked {
  readonly length: number;
  at(place: number): number | undefined;
}

const BUCKETS = 1 << 16;

/**
 * Whole numbers in the order that a sort would give them, those that are none (NaN) last, without a copy of them: the number at a place is closed in on by
 * counting what lies in each of 65,536 ranges, then in each part of the range that holds it. Goes through all once, and then twice or three times a place.
 */
export class RankedTimes implements Ranked {
  readonly length: number;
  readonly #numbers: () => Iterable<TimeColumn>;
  readonly #there: number; // that are numbers
  readonly #least: number;
  readonly #most: number;

  /** numbers  the same ones at each call, in any order */
  constructor(numbers: () => Iterable<TimeColumn>) {
    let [length, there, least, most] = [0, 0, Infinity, -Infinity];
    for (const column of numbers()) {
      length += column.length;
      for (const number of column) {
        if (Number.isNaN(number)) continue;
        there += 1;
        if (number < least) least = number;
        if (number > most) most = number;
      }
    }
    this.length = length;
    this.#numbers = numbers;
    this.#there = there;
    this.#least = least;
    this.#most = most;
  }

  at(place: number): number | undefined {
    if (place >= this.length) return undefined;
    if (place >= this.#there) return Number.NaN;
    let [low, left, span] = [this.#least, place, this.#most - this.#least + 1];
    while (span > 1) {
      const width = Math.ceil(span / BUCKETS);
      const counts = this.#countFrom(low, width, span);
      let bucket = 0;
      while (left >= (counts[bucket] as number)) left -= counts[bucket++] as number;
      low += bucket * width;
      span = width;
    }
    return low;
  }

  #countFrom(low: number, width: number, span: number): Uint32Array {
    const counts = new Uint32Array(BUCKETS);
    for (const column of this.#numbers()) {
      for (const number of column) {
        const above = number - low;
        if (!(above >= 0 && above < span)) continue;
        const bucket = Math.floor(above / width);
        counts[bucket] = (counts[bucket] as number) + 1;
      }
    }
    return counts;
  }
}
