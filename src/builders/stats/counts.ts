/** How often each position occurred, with room that grows with the largest. */
export class Counts {
  #counts = new Uint32Array(1024);
  #size = 0;

  add(position: number): void {
    if (position >= this.#counts.length) {
      const larger = new Uint32Array(2 * position);
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[position] = (this.#counts[position] as number) + 1;
    if (position >= this.#size) this.#size = position + 1;
  }

  /** By position, to the largest that occurred. */
  get all(): Uint32Array {
    return this.#counts.subarray(0, this.#size);
  }
}
