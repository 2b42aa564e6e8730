import { utcSeconds } from '../time-pattern.js';

const [ZERO, POINT, MINUS, COLON, SPACE, T, Z] = [0x30, 0x2e, 0x2d, 0x3a, 0x20, 0x54, 0x5a];
const MOST_DIGITS = 15; // every integer of so many digits is a float, and so is the power of ten below it
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, i) => 10 ** i);

/**
 * The number that is written at [begin, end): digits, a point among them or not, a minus before them or not. An integer and a power of
 * ten that both are floats have the float next to the number as their quotient, which is what Number() gives.
 *
 * returns  NaN for anything else, which may be a number all the same: 1e3, +5, one of more than 15 digits
 */
export function plainDecimal(bytes: Uint8Array, begin: number, end: number): number {
  const isNegative = bytes[begin] === MINUS;
  let value = 0;
  let point = -1;
  const first = isNegative ? begin + 1 : begin;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit >= 0 && digit <= 9) value = 10 * value + digit;
    else if (digit === POINT - ZERO && point < 0) point = at;
    else return Number.NaN;
  }
  const digits = end - first - (point < 0 ? 0 : 1);
  if (digits < 1 || digits > MOST_DIGITS) return Number.NaN;
  if (point >= 0) value /= POWERS[end - point - 1] as number;
  return isNegative ? -value : value;
}

/** Times of one file, which are often of the same day as the one before. */
export class PlainTimes {
  #year = -1;
  #month = 0;
  #day = 0;
  #midnight = 0;

  /**
   * Seconds of the time that is written at [begin, end) as 2001-02-03, 2001-02-03T04:05:06 or 2001-02-03 04:05:06, with a Z
   * behind it or not.
   *
   * returns  NaN for anything else, which may be a time all the same: one with a zone, or with parts of a second
   */
  iso(bytes: Uint8Array, begin: number, end: number): number {
    const length = end - begin - (bytes[end - 1] === Z ? 1 : 0);
    if (length !== 10 && length !== 19) return Number.NaN;
    if (bytes[begin + 4] !== MINUS || bytes[begin + 7] !== MINUS) return Number.NaN;
    const year = 100 * twoDigits(bytes, begin) + twoDigits(bytes, begin + 2);
    const midnight = this.#midnightOf(year, twoDigits(bytes, begin + 5), twoDigits(bytes, begin + 8));
    if (length === 10) return end - begin === 10 ? midnight : Number.NaN;
    const between = bytes[begin + 10];
    if (between !== T && between !== SPACE) return Number.NaN;
    if (bytes[begin + 13] !== COLON || bytes[begin + 16] !== COLON) return Number.NaN;
    const hour = twoDigits(bytes, begin + 11);
    const minute = twoDigits(bytes, begin + 14);
    const second = twoDigits(bytes, begin + 17);
    return hour <= 23 && minute <= 59 && second <= 59 ? midnight + 3600 * hour + 60 * minute + second : Number.NaN;
  }

  #midnightOf(year: number, month: number, day: number): number {
    if (year !== this.#year || month !== this.#month || day !== this.#day) {
      if (Number.isNaN(year + month + day)) return Number.NaN;
      this.#midnight = utcSeconds({ year, month, day, hour: 0, minute: 0, second: 0 }) ?? Number.NaN;
      [this.#year, this.#month, this.#day] = [year, month, day];
    }
    return this.#midnight;
  }
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] as number) - ZERO, (bytes[at + 1] as number) - ZERO];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
}
