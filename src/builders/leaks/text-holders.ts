import type { Fingerprint } from '../../core/fingerprint.js';

const FIRST_SLOTS = 1 << 12;
const FREE = 0xffffffff;
const NUMBERS = 3; // of a slot
const HOLDER = 2; // its place among them

/**
 * Which row holds a text. Of a text its fingerprint is kept, 8 bytes, and 4 of its holder, because the prompts of a long log would
 * not fit into memory.
 */
export class TextHolders {
  #table = emptyTable(FIRST_SLOTS); // of each slot the fingerprint and the holder, side by side: the memory is waited for once
  #slots = FIRST_SLOTS;
  #size = 0;

  /** Who held a text before; undefined: nobody, and from now on it is `holder`, a number below 2^32 - 1. */
  heldBefore(text: Fingerprint, holder: number): number | undefined {
    const at = this.#placeOf(text);
    const known = this.#table[at + HOLDER] as number;
    if (known !== FREE) return known;
    this.#take(at, text, holder);
    return undefined;
  }

  /** Who holds the text; undefined: nobody. */
  of(text: Fingerprint): number | undefined {
    const known = this.#table[this.#placeOf(text) + HOLDER] as number;
    return known === FREE ? undefined : known;
  }

  /** From now on `holder` holds the text. */
  set(text: Fingerprint, holder: number): void {
    this.#take(this.#placeOf(text), text, holder);
  }

  #take(at: number, { low, high }: Fingerprint, holder: number): void {
    if (this.#table[at + HOLDER] === FREE) this.#size += 1;
    this.#table[at] = low;
    this.#table[at + 1] = high;
    this.#table[at + HOLDER] = holder;
  }

  /** Where the slot of a text begins, or the free one that it goes into. */
  #placeOf({ low, high }: Fingerprint): number {
    if (2 * this.#size >= this.#slots) this.#grow();
    return slotOf(this.#table, this.#slots, low, high);
  }

  #grow(): void {
    const before = this.#table;
    this.#slots *= 2;
    this.#table = emptyTable(this.#slots);
    for (let from = 0; from < before.length; from += NUMBERS) {
      const holder = before[from + HOLDER] as number;
      if (holder === FREE) continue;
      const [low, high] = [before[from] as number, before[from + 1] as number];
      const at = slotOf(this.#table, this.#slots, low, high);
      this.#table[at] = low;
      this.#table[at + 1] = high;
      this.#table[at + HOLDER] = holder;
    }
  }
}

function emptyTable(slots: number): Uint32Array {
  return new Uint32Array(NUMBERS * slots).fill(FREE);
}

function slotOf(table: Uint32Array, slots: number, low: number, high: number): number {
  const mask = slots - 1;
  let slot = low & mask;
  for (;;) {
    const at = NUMBERS * slot;
    if (table[at + HOLDER] === FREE || (table[at] === low && table[at + 1] === high)) return at;
    slot = (slot + 1) & mask;
  }
}
