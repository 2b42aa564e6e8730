import { madeText } from '../../core/made-text.js';
import { utf8Length } from '../../core/utf8-length.js';

/** A prompt by its UTF-8 bytes. Most prompts are ASCII, where a byte is a character and nothing need be decoded. */
export class PromptBytes {
  readonly length: number; // in bytes
  readonly #text: string;
  readonly #bytes: Buffer | undefined; // undefined: ASCII
  readonly #made: Uint8Array | undefined; // its bytes, where they stand in memory anyway

  constructor(text: string) {
    this.#text = text;
    this.length = utf8Length(text);
    if (this.length !== text.length) this.#bytes = Buffer.from(text);
    const made = madeText();
    this.#made = made.text === text ? made.bytes : this.#bytes;
  }

  /** The text from one place up to another, or to the end. */
  text(begin: number, end: number = this.length): string {
    return this.#bytes ? this.#bytes.toString('utf8', begin, end) : this.#text.slice(begin, end);
  }

  /** Whether a text stands at a place, and ends before another. Not told of every prompt: false may mean that it was not looked for. */
  holdsAt(text: Uint8Array, begin: number, end: number): boolean {
    const bytes = this.#made;
    const { length } = text;
    if (bytes === undefined || begin + length > end) return false;
    for (let i = 0; i < length; i++) if (bytes[begin + i] !== text[i]) return false;
    return true;
  }

  /** Whether a place lies inside a character. */
  isMiddle(place: number): boolean {
    return this.#bytes !== undefined && ((this.#bytes[place] ?? 0) & 0xc0) === 0x80;
  }
}
