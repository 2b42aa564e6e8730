/** What `find` says of an id that was not put in yet. */
export const UNKNOWN = -1;

const ZERO = 0x30;
const MOST_DIGITS = 7; // ten million numbers of four bytes are the most that a table of numbers takes
const SHORT = 8; // bytes of an id that stands in its slot
const SLOT = 4; // numbers of a slot: two of the key, the length and one more, the value; without a length it is empty
const [KEY, FURTHER, LENGTH, VALUE] = [0, 1, 2, 3];

/**
 * Numbers by the bytes of an id, so that no text has to be made of an id that was met before. What an id costs is mostly waiting for
 * the memory, so it lies as near as it can: one that is a small number, as most are, is an index; one of up to eight bytes stands in the slot of
 * a hash table with linear probing, as two 32-bit keys; of a longer one the slot has the hash and where the bytes are.
 */
export class IdTable {
  #byNumber = new Int32Array(1024).fill(UNKNOWN);
  #slots = new Int32Array(SLOT * 1024);
  #mask = 1023;
  #used = 0; // slots
  #bytes = new Uint8Array(1 << 14); // of the long ids
  #length = 0;

  /** The value of the id that stands at [begin, end) of the bytes; UNKNOWN without one. */
  find(bytes: Uint8Array, begin: number, end: number): number {
    const length = end - begin;
    if (length <= MOST_DIGITS) {
      const number = smallNumber(bytes, begin, end);
      if (number >= 0) return number < this.#byNumber.length ? (this.#byNumber[number] as number) : UNKNOWN;
    }
    const [slots, mask] = [this.#slots, this.#mask];
    if (length <= SHORT) {
      const key = fourBytes(bytes, begin, end);
      const further = fourBytes(bytes, begin + 4, end);
      for (let at = mixed(key, further) & mask; ; at = (at + 1) & mask) {
        const slot = at * SLOT;
        const found = slots[slot + LENGTH] as number;
        if (found === 0) return UNKNOWN;
        if (found === length + 1 && slots[slot] === key && slots[slot + FURTHER] === further) {
          return slots[slot + VALUE] as number;
        }
      }
    }
    const hash = hashOf(bytes, begin, end);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = at * SLOT;
      const found = slots[slot + LENGTH] as number;
      if (found === 0) return UNKNOWN;
      if (
        found === length + 1 &&
        slots[slot] === hash &&
        this.#isAt(slots[slot + FURTHER] as number, bytes, begin, end)
      ) {
        return slots[slot + VALUE] as number;
      }
    }
  }

  /** Puts an id in that is not there. value: not UNKNOWN */
  put(bytes: Uint8Array, begin: number, end: number, value: number): void {
    const length = end - begin;
    const number = length <= MOST_DIGITS ? smallNumber(bytes, begin, end) : -1;
    if (number >= 0) {
      if (number >= this.#byNumber.length) this.#growTo(number);
      this.#byNumber[number] = value;
      return;
    }
    if (2 * (this.#used + 1) > this.#mask) this.#grow();
    this.#used += 1;
    if (length <= SHORT) {
      this.#place(fourBytes(bytes, begin, end), fourBytes(bytes, begin + 4, end), length + 1, value);
    } else this.#place(hashOf(bytes, begin, end), this.#store(bytes.subarray(begin, end)), length + 1, value);
  }

  #isAt(offset: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const own = this.#bytes;
    const shift = offset - begin;
    for (let at = begin; at < end; at++) if (own[at + shift] !== bytes[at]) return false;
    return true;
  }

  #place(key: number, further: number, length: number, value: number): void {
    const slots = this.#slots;
    let at = (length <= SHORT + 1 ? mixed(key, further) : key) & this.#mask;
    while (slots[at * SLOT + LENGTH] !== 0) at = (at + 1) & this.#mask;
    slots[at * SLOT + KEY] = key;
    slots[at * SLOT + FURTHER] = further;
    slots[at * SLOT + LENGTH] = length;
    slots[at * SLOT + VALUE] = value;
  }

  #store(id: Uint8Array): number {
    const offset = this.#length;
    this.#length += id.length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(id, offset);
    return offset;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(SLOT * (this.#mask + 1));
    for (let slot = 0; slot < old.length; slot += SLOT) {
      const [key, further, length, value] = old.subarray(slot, slot + SLOT) as unknown as [
        number,
        number,
        number,
        number,
      ];
      if (length > 0) this.#place(key, further, length, value);
    }
  }

  #growTo(number: number): void {
    const larger = new Int32Array(Math.max(2 * this.#byNumber.length, number + 1)).fill(UNKNOWN);
    larger.set(this.#byNumber);
    this.#byNumber = larger;
  }
}

/** The number that an id is; -1 for one that is none, or is not written as the number is: 007. */
function smallNumber(bytes: Uint8Array, begin: number, end: number): number {
  let number = 0;
  for (let at = begin; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = 10 * number + digit;
  }
  return begin === end || (bytes[begin] === ZERO && end - begin > 1) ? -1 : number;
}

/** Up to four bytes from a place on as one number; those behind the end are 0. */
function fourBytes(bytes: Uint8Array, begin: number, end: number): number {
  let key = 0;
  const last = Math.min(begin + 4, end);
  for (let at = begin; at < last; at++) key = (key << 8) | (bytes[at] as number);
  return key;
}

function mixed(key: number, further: number): number {
  return finished(Math.imul(key, 0x9e3779b1) ^ Math.imul(further, 0x85ebca77));
}

function hashOf(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x811c9dc5 | 0; // FNV-1a
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return finished(hash);
}

/** The lower bits, which choose the slot, depend on the higher ones then. */
function finished(hash: number): number {
  const mixedOnce = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixedOnce ^ (mixedOnce >>> 13);
}
