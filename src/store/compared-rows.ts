const END = 0xffffffff;

/**
 * Rows of one split of a version, found by their identity: several may have the same, and the first that was not taken is found first.
 * 33 bytes a row, and 8 to 16 of the table.
 */
export class ComparedRows {
  readonly #rows: Uint32Array; // number in the split
  readonly #identities: Uint32Array;
  readonly #says: Uint32Array;
  readonly #kinds: Uint32Array;
  readonly #next: Uint32Array; // the next row of the same identity
  readonly #isTaken: Uint8Array;
  readonly #table: Uint32Array; // the first row of an identity that was not taken
  readonly #mask: number;
  #size = 0;

  /** size  rows that will be added */
  constructor(size: number) {
    this.#rows = new Uint32Array(size);
    this.#identities = new Uint32Array(2 * size);
    this.#says = new Uint32Array(2 * size);
    this.#kinds = new Uint32Array(size);
    this.#next = new Uint32Array(size).fill(END);
    this.#isTaken = new Uint8Array(size);
    const slots = 2 ** Math.ceil(Math.log2(2 * size + 2));
    this.#table = new Uint32Array(slots).fill(END);
    this.#mask = slots - 1;
  }

  /** Rows come in order. identities, says: 64 bits a row, as RowDigests has them, of which those at `index` count. kind: whatever is told by it. */
  add(row: number, kind: number, identities: Uint32Array, says: Uint32Array, index: number): void {
    const at = this.#size++;
    this.#rows[at] = row;
    this.#kinds[at] = kind;
    for (const half of [0, 1]) {
      this.#identities[2 * at + half] = identities[2 * index + half] as number;
      this.#says[2 * at + half] = says[2 * index + half] as number;
    }
  }

  /** Call once, when all rows were added. */
  index(): void {
    // From the last on, so that the first of an identity stands in front.
    for (let at = this.#size - 1; at >= 0; at--) {
      const slot = this.#slot(this.#identities[2 * at] as number, this.#identities[2 * at + 1] as number);
      this.#next[at] = this.#table[slot] as number;
      this.#table[slot] = at;
    }
  }

  /** The first row with that identity which was not taken before; undefined: there is none. From now on it is taken. */
  take(identities: Uint32Array, index: number): number | undefined {
    const slot = this.#slot(identities[2 * index] as number, identities[2 * index + 1] as number);
    // A slot keeps the last row of its identity, so that what lies behind it is still found.
    let at = this.#table[slot] as number;
    while (at !== END && this.#isTaken[at] === 1) at = this.#next[at] as number;
    if (at === END) return undefined;
    this.#table[slot] = at;
    this.#isTaken[at] = 1;
    return at;
  }

  row(at: number): number {
    return this.#rows[at] as number;
  }

  /** Whether the row says what another one does. */
  saysAs(at: number, says: Uint32Array, index: number): boolean {
    return this.#says[2 * at] === says[2 * index] && this.#says[2 * at + 1] === says[2 * index + 1];
  }

  /** Rows that were not taken, in order. */
  *left(): Generator<{ row: number; kind: number }, void> {
    for (let at = 0; at < this.#size; at++) {
      if (this.#isTaken[at] === 0) yield { row: this.#rows[at] as number, kind: this.#kinds[at] as number };
    }
  }

  /** The slot of an identity, or the free one that it goes into. */
  #slot(low: number, high: number): number {
    let slot = low & this.#mask;
    for (;;) {
      const at = this.#table[slot] as number;
      if (at === END) return slot;
      if (this.#identities[2 * at] === low && this.#identities[2 * at + 1] === high) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}
