import type { Fingerprint } from '../../core/fingerprint.js';

const FIRST_SLOTS = 1 << 12;
const FREE = 0xffffffff;

/**
 * Which row holds a text. Of a text its fingerprint is kept, 8 bytes, and 4 of its holder, because the prompts of a long log would
 * not fit into memory.
 */
export class TextHolders {
  #keys = new Uint32Array(2 * FIRST_SLOTS);
  #holders = new Uint32Array(FIRST_SLOTS).fill(FREE);
  #size = 0;

  /** Who held a text before; undefined: nobody, and from now on it is `holder`, a number below 2^32 - 1. */
  heldBefore(text: Fingerprint, holder: number): number | undefined {
    const slot = this.#slot(text);
    const known = this.#holders[slot] as number;
    if (known !== FREE) return known;
    this.#take(slot, text, holder);
    return undefined;
  }

  /** Who holds the text; undefined: nobody. */
  of(text: Fingerprint): number | undefined {
    const known = this.#holders[this.#slot(text)] as number;
    return known === FREE ? undefined : known;
  }

  /** From now on `holder` holds the text. */
  set(text: Fingerprint, holder: number): void {
    this.#take(this.#slot(text), text, holder);
  }

  #take(slot: number, { low, high }: Fingerprint, holder: number): void {
    if (this.#holders[slot] === FREE) this.#size += 1;
    this.#put(slot, low, high, holder);
  }

  #slot({ low, high }: Fingerprint): number {
    if (2 * this.#size >= this.#holders.length) this.#grow();
    return this.#slotOf(low, high);
  }

  /** The slot of a key, or the free one that it goes into. */
  #slotOf(first: number, second: number): number {
    const mask = this.#holders.length - 1;
    let slot = first & mask;
    while (this.#holders[slot] !== FREE && (this.#keys[2 * slot] !== first || this.#keys[2 * slot + 1] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #put(slot: number, first: number, second: number, holder: number): void {
    this.#keys[2 * slot] = first;
    this.#keys[2 * slot + 1] = second;
    this.#holders[slot] = holder;
  }

  #grow(): void {
    const [keys, holders] = [this.#keys, this.#holders];
    this.#keys = new Uint32Array(2 * keys.length);
    this.#holders = new Uint32Array(2 * holders.length).fill(FREE);
    holders.forEach((holder, slot) => {
      if (holder === FREE) return;
      const [first, second] = [keys[2 * slot] as number, keys[2 * slot + 1] as number];
      this.#put(this.#slotOf(first, second), first, second, holder);
    });
  }
}
