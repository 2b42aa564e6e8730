import { sha256 } from '../../platform/files.js';

/** Which row or split held each prompt first, letter by letter; kept by hash, because many prompts would not fit into memory. */
export class FirstPrompts<Holder> {
  readonly #first = new Map<string, Holder>();

  /** Who held the prompt before; undefined: nobody, and from now on it is `holder`. */
  heldBefore(prompt: string, holder: Holder): Holder | undefined {
    const key = sha256(prompt).slice(0, 32);
    const known = this.#first.get(key);
    if (known === undefined) this.#first.set(key, holder);
    return known;
  }
}
