const FIRST_BYTES = 1 << 19;
const SHORT = 48; // characters up to which a call takes longer than the characters one by one
const [QUOTE, BACKSLASH, ZERO] = [0x22, 0x5c, 0x30];

/** Text in the making as UTF-8 bytes. The bytes are used again for the next text, so that a file of many lines makes no strings. */
export class ByteText {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far, valid until more is put down or they are cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was put down, as a string, and begins anew. */
  takeText(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    return text;
  }

  text(text: string): void {
    const to = this.#room(3 * text.length);
    let at = this.#length;
    let i = 0;
    if (text.length <= SHORT) {
      for (; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        to[at++] = unit;
      }
    }
    this.#length = i === text.length ? at : this.#length + to.write(text, this.#length, 'utf8');
  }

  /** A whole number, not negative. */
  number(value: number): void {
    if (value >= 1e9) {
      this.text(String(value));
      return;
    }
    const to = this.#room(10);
    let digits = 1;
    for (let more = value; more >= 10; more = Math.floor(more / 10)) digits += 1;
    let left = value;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const rest = Math.floor(left / 10);
      to[at] = ZERO + left - 10 * rest;
      left = rest;
    }
    this.#length += digits;
  }

  /** Text of one byte, below U+0080. */
  byte(code: number): void {
    const to = this.#room(1);
    to[this.#length++] = code;
  }

  /** Text as JSON.stringify writes it, quotes included. */
  json(text: string): void {
    const to = this.#room(2 * text.length + 2);
    let at = this.#length;
    to[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x20 && unit < 0x80) {
        if (unit === QUOTE || unit === BACKSLASH) to[at++] = BACKSLASH;
        to[at++] = unit;
      } else if (unit === 0x0a) {
        to[at++] = BACKSLASH;
        to[at++] = 0x6e; // n
      } else {
        this.text(JSON.stringify(text)); // from where it began
        return;
      }
    }
    to[at++] = QUOTE;
    this.#length = at;
  }

  /** The bytes, with room for so many more. */
  #room(more: number): Buffer {
    if (this.#length + more <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafe(2 * (this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
}
