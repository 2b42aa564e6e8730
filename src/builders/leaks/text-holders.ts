const FIRST_SLOTS = 1 << 12;
const FREE = 0xffffffff;

/**
 * Which row holds a text. Of a text 8 bytes of a hash are kept and 4 of its holder, because the prompts of a long log would not fit
 * into memory. Two texts of ten million are taken for the same with a chance of one in 400,000.
 */
export class TextHolders {
  #keys = new Uint32Array(2 * FIRST_SLOTS);
  #holders = new Uint32Array(FIRST_SLOTS).fill(FREE);
  #size = 0;

  /** Who held the text before; undefined: nobody, and from now on it is `holder`, a number below 2^32 - 1. */
  heldBefore(text: string, holder: number): number | undefined {
    const slot = this.#slot(text);
    const known = this.#holders[slot] as number;
    if (known !== FREE) return known;
    this.#take(slot, holder);
    return undefined;
  }

  /** Who holds the text; undefined: nobody. */
  of(text: string): number | undefined {
    const known = this.#holders[this.#slot(text)] as number;
    return known === FREE ? undefined : known;
  }

  /** From now on `holder` holds the text. */
  set(text: string, holder: number): void {
    this.#take(this.#slot(text), holder);
  }

  #take(slot: number, holder: number): void {
    if (this.#holders[slot] === FREE) this.#size += 1;
    this.#put(slot, low, high, holder);
  }

  /** The slot of a text; its hash is the last one. */
  #slot(text: string): number {
    if (2 * this.#size >= this.#holders.length) this.#grow();
    hash(text);
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

// The last hash. Two variables and no pair, because a pair would be made for every row.
let low = 0;
let high = 0;

/** Two 32-bit hashes of a text, each a product and a sum per UTF-16 unit (FNV-1a with other multipliers), mixed at the end. */
function hash(text: string): void {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0x85ebca6b) ^ (b >>> 15);
  }
  low = mixed(a ^ Math.imul(b, 0x27d4eb2f));
  high = mixed(b ^ Math.imul(a, 0x165667b1));
}

function mixed(value: number): number {
  const one = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const two = Math.imul(one ^ (one >>> 15), 0x846ca68b);
  return (two ^ (two >>> 16)) >>> 0;
}
