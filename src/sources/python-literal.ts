const DEPTH = 64; // levels of nesting; a text that is nested deeper is damaged

/**
 * The value of a Python literal as print() writes it: dictionaries with keys that are texts, lists, tuples, texts, numbers, True, False, None.
 * Numbers are given as they are written, as texts; nothing is ever evaluated.
 *
 * returns  the value, or undefined when the text is no such literal
 */
export function parsePythonLiteral(text: string): { value: unknown } | undefined {
  try {
    const reader = new Reader(text);
    const value = reader.value(0);
    return reader.isAtEnd() ? { value } : undefined;
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

class NotPython extends Error {}

const NUMBER = /[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y;
const WORD = /[A-Za-z]+/y;
const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): unknown {
    if (depth > DEPTH) throw new NotPython();
    this.#space();
    const next = this.#text[this.#at];
    if (next === '{') return this.#dictionary(depth);
    if (next === '[') return this.#list(']', depth);
    if (next === '(') return this.#list(')', depth);
    if (next === "'" || next === '"') return this.#string();
    if ((next === 'u' || next === 'b') && /['"]/.test(this.#text[this.#at + 1] ?? '')) {
      this.#at += 1; // as Python 2 writes a text
      return this.#string();
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) return number;
    const word = this.#match(WORD);
    if (word === undefined || !Object.hasOwn(WORDS, word)) throw new NotPython();
    return WORDS[word];
  }

  #dictionary(depth: number): object {
    this.#at += 1;
    const found: Record<string, unknown> = Object.create(null);
    for (let isFirst = true; !this.#takes('}'); isFirst = false) {
      if (!isFirst) {
        this.#expect(',');
        if (this.#takes('}')) break;
      }
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new NotPython();
      this.#expect(':');
      found[key] = this.value(depth + 1);
    }
    return found;
  }

  #list(end: string, depth: number): unknown[] {
    this.#at += 1;
    const found: unknown[] = [];
    for (let isFirst = true; !this.#takes(end); isFirst = false) {
      if (!isFirst) {
        this.#expect(',');
        if (this.#takes(end)) break;
      }
      found.push(this.value(depth + 1));
    }
    return found;
  }

  #string(): string {
    const quote = this.#text[this.#at];
    let begin = this.#at + 1;
    let value = '';
    for (let at = begin; at < this.#text.length; at++) {
      const unit = this.#text[at];
      if (unit === quote) {
        this.#at = at + 1;
        return value + this.#text.slice(begin, at);
      }
      if (unit !== '\\') continue;
      value += this.#text.slice(begin, at);
      const letter = this.#text[at + 1] ?? '';
      const digits = HEX[letter];
      if (digits !== undefined) {
        value += character(this.#text.slice(at + 2, at + 2 + digits), digits);
        at += 1 + digits;
      } else if (/[0-7]/.test(letter)) {
        const octal = /^[0-7]{1,3}/.exec(this.#text.slice(at + 1, at + 4))?.[0] as string;
        value += String.fromCodePoint(Number.parseInt(octal, 8));
        at += octal.length;
      } else {
        value += ESCAPES[letter] ?? `\\${letter}`; // Python lets an escape that it does not know stand
        at += 1;
      }
      begin = at + 1;
    }
    throw new NotPython();
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #takes(unit: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== unit) return false;
    this.#at += 1;
    return true;
  }

  #expect(unit: string): void {
    if (!this.#takes(unit)) throw new NotPython();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

function character(hex: string, digits: number): string {
  const code = /^[\da-fA-F]+$/.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Number.NaN;
  if (Number.isNaN(code) || code > 0x10ffff) throw new NotPython();
  return String.fromCodePoint(code);
}
