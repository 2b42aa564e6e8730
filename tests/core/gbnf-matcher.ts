/**
 * A slow, plain matcher of GBNF, by its description (llama.cpp's grammars/README.md): literals, character classes, references, groups,
 * alternatives, repetitions. A part answers at which places it may end, of those at which it may begin.
 */
type Part = (text: readonly string[], begins: ReadonlySet<number>) => Set<number>;

/** Is the whole text one that the rule "root" lets through? */
export function matchesGbnf(grammar: string): (text: string) => boolean {
  const rules = new Map<string, Part>();
  for (const line of grammar.split('\n').filter((one) => one !== '')) {
    const [name, body] = split(line);
    rules.set(name, new Reader([...body], rules).alternatives());
  }
  return (text) => {
    const characters = [...text];
    const root = rules.get('root');
    if (!root) throw new Error('no rule "root"');
    return root(characters, new Set([0])).has(characters.length);
  };
}

function split(line: string): [string, string] {
  const at = line.indexOf(' ::= ');
  if (at < 0) throw new Error(`not a rule: ${line}`);
  return [line.slice(0, at), line.slice(at + 5)];
}

class Reader {
  readonly #source: readonly string[];
  readonly #rules: ReadonlyMap<string, Part>;
  #at = 0;

  constructor(source: readonly string[], rules: ReadonlyMap<string, Part>) {
    this.#source = source;
    this.#rules = rules;
  }

  alternatives(): Part {
    const all = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#next();
      all.push(this.#sequence());
    }
    return (text, begins) => union(all.map((part) => part(text, begins)));
  }

  #sequence(): Part {
    const parts: Part[] = [];
    for (;;) {
      while (this.#peek() === ' ') this.#next();
      const head = this.#peek();
      if (head === undefined || head === '|' || head === ')') break;
      parts.push(this.#repeated(this.#item()));
    }
    return (text, begins) => parts.reduce((places, part) => part(text, places), new Set(begins));
  }

  #item(): Part {
    const head = this.#next();
    if (head === '"') {
      const spelled: string[] = [];
      while (this.#peek() !== '"') spelled.push(this.#character());
      this.#next();
      return (text, begins) =>
        new Set(
          [...begins].filter((at) => spelled.every((one, i) => text[at + i] === one)).map((at) => at + spelled.length),
        );
    }
    if (head === '[') {
      const ranges: [number, number][] = [];
      while (this.#peek() !== ']') {
        const low = this.#character().codePointAt(0) as number;
        if (this.#peek() !== '-') ranges.push([low, low]);
        else {
          this.#next();
          ranges.push([low, this.#codePoint()]);
        }
      }
      this.#next();
      const isIn = (one: string | undefined) =>
        one !== undefined &&
        ranges.some(([low, high]) => low <= (one.codePointAt(0) as number) && (one.codePointAt(0) as number) <= high);
      return (text, begins) => new Set([...begins].filter((at) => isIn(text[at])).map((at) => at + 1));
    }
    if (head === '(') {
      const inner = this.alternatives();
      if (this.#next() !== ')') throw new Error('a group has no end');
      return inner;
    }
    let name = head as string;
    while (/[a-z0-9-]/.test(this.#peek() ?? '')) name += this.#next();
    return (text, begins) => {
      const rule = this.#rules.get(name);
      if (!rule) throw new Error(`no rule "${name}"`);
      return rule(text, begins);
    };
  }

  #repeated(part: Part): Part {
    const [least, most] = this.#times();
    return (text, begins) => {
      let places = new Set(begins);
      const ends = new Set(least === 0 ? places : []);
      for (let done = 1; done <= most && places.size > 0; done++) {
        places = part(text, places);
        if (done >= least) for (const place of places) ends.add(place);
      }
      return ends;
    };
  }

  #times(): [number, number] {
    const sign = this.#peek();
    if (sign !== '?' && sign !== '{') return [1, 1];
    this.#next();
    if (sign === '?') return [0, 1];
    let inside = '';
    while (this.#peek() !== '}') inside += this.#next();
    this.#next();
    const [least, most] = inside.split(',');
    return [Number(least), most === undefined ? Number(least) : most === '' ? Infinity : Number(most)];
  }

  #character(): string {
    return String.fromCodePoint(this.#codePoint());
  }

  #codePoint(): number {
    const one = this.#next() as string;
    if (one !== '\\') return one.codePointAt(0) as number;
    const kind = this.#next() as string;
    const digits = { x: 2, u: 4, U: 8 }[kind];
    if (digits === undefined) return ({ n: '\n', t: '\t', r: '\r' }[kind] ?? kind).codePointAt(0) as number;
    return Number.parseInt(Array.from({ length: digits }, () => this.#next()).join(''), 16);
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  #next(): string | undefined {
    const one = this.#source[this.#at];
    this.#at += 1;
    return one;
  }
}

function union(sets: readonly Set<number>[]): Set<number> {
  return new Set(sets.flatMap((set) => [...set]));
}
