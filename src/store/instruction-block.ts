import type { Instruction, InstructionFacts, Split } from '../core/instruction.js';
import { NO_LABEL } from '../core/made-row.js';
import { NONE, PARTS, SLIDES, type StoredBlock } from './instruction-columns.js';
import { type NumberColumn, unpackNumbers } from './number-column.js';
import type { LinePlace, SealedText } from './sealed-texts.js';

/** Texts of which each row names one. */
export interface NameColumn {
  readonly names: readonly string[];
  readonly of: NumberColumn;
}

const LABELS = [false, true, null]; // by their numbers: NO_LABEL is the last
type AnswerParts = [Instruction['scored'], Instruction['choices'], Instruction['candidates']];

/** Columns that facts() needs. */
export const FACTS = [
  'users',
  'userOf',
  'items',
  'itemOf',
  'templates',
  'templateOf',
  'labels',
  'counts',
  'lines',
  'answers',
  'answerOf',
  'parents',
  'labelCounts',
  'historyLabels',
] as const satisfies readonly (keyof StoredBlock)[];

/** Instructions of a split, one after the other, by columns. A column is unpacked when it is first asked for. */
export class InstructionBlock {
  readonly split: Split;
  readonly size: number;
  readonly #stored: StoredBlock;
  readonly #known = new Map<string, unknown>();

  /** stored  with the columns at least that will be asked for */
  constructor(stored: StoredBlock) {
    this.#stored = stored;
    this.split = stored.split;
    this.size = stored.size;
  }

  /** Number of each row in its split, ascending. */
  get rows(): NumberColumn {
    return this.#once('rows', ({ rows, firstRow, size }) =>
      rows ? unpackNumbers(rows, size) : Uint32Array.from({ length: size }, (_, i) => firstRow + i),
    );
  }

  get users(): NameColumn {
    return this.#once('users', ({ users, userOf }) => this.#names(users, userOf));
  }

  get items(): NameColumn {
    return this.#once('items', ({ items, itemOf }) => this.#names(items, itemOf));
  }

  /** Ids; versions beside them, in the same order. */
  get templates(): NameColumn & { readonly versions: readonly number[] } {
    return this.#once('templates', ({ templates, templateOf }) => {
      const { names, of } = this.#names(templates, templateOf);
      const ids = names.map((name) => name.slice(name.indexOf(' ') + 1));
      return { names: ids, versions: names.map((name) => Number.parseInt(name, 10)), of };
    });
  }

  /** Of each row 1 (liked), 0 or NO_LABEL. */
  get labels(): NumberColumn {
    return this.#numbers('labels');
  }

  /** Code points of each prompt. */
  get characters(): NumberColumn {
    return this.#numbers('characters');
  }

  /** Of each row its lines of the log, the target first, then the history, oldest first: from begins[i] up to begins[i + 1]. */
  get lines(): { readonly begins: Uint32Array; readonly lines: Uint32Array } {
    return this.#once('lines', ({ lines: packed, size }) => {
      const counts = this.#numbers('counts');
      const begins = new Uint32Array(size + 1);
      let count = 0; // of the row; one that slides has as many as the one before
      let stored = 0;
      for (let row = 0; row < size; row++) {
        if (counts[row] !== SLIDES) count = counts[row] as number;
        begins[row + 1] = (begins[row] as number) + count;
        stored += counts[row] === SLIDES ? 1 : count;
      }
      const from = unpackNumbers(packed, stored);
      const lines = new Uint32Array(begins[size] as number);
      let next = 0;
      for (let row = 0; row < size; row++) {
        const [begin, end] = [begins[row] as number, begins[row + 1] as number];
        const last = begin - (end - begin);
        lines[begin] = from[next++] as number;
        if (counts[row] === SLIDES) {
          lines.copyWithin(begin + 1, last + 2, begin);
          lines[end - 1] = lines[last] as number;
        } else for (let at = begin + 1; at < end; at++) lines[at] = from[next++] as number;
      }
      return { begins, lines };
    });
  }

  /** Of prompt and answer of each row, 32 bits each: 64 bits, or of rows that were kept before migration 0018 the lower 53 of them. */
  get fingerprints(): { readonly lows: NumberColumn; readonly highs: NumberColumn; readonly bits: number } {
    return this.#once('fingerprints', ({ bits }) => ({
      lows: this.#numbers('lows'),
      highs: this.#numbers('highs'),
      bits,
    }));
  }

  /** JSON of [scored, choices, candidates], or null. */
  get answers(): NameColumn {
    return this.#once('answers', ({ answers, answerOf }) => this.#names(answers, answerOf));
  }

  /** Where of a number in its split stands; undefined: no such row. */
  indexOf(row: number): number | undefined {
    if (this.#stored.rows === null) {
      const index = row - this.#stored.firstRow;
      return index >= 0 && index < this.size ? index : undefined;
    }
    const index = this.rows.indexOf(row as never);
    return index < 0 ? undefined : index;
  }

  label(index: number): boolean | null {
    const label = this.labels[index];
    return label === NO_LABEL ? null : label === 1;
  }

  /** Where the line of a row stands in the sealed file; undefined: the row holds its text itself. */
  place(index: number): LinePlace | undefined {
    const { lengths, begins } = this.#once('places', (stored) => {
      const lengths = unpackNumbers(stored.lengths, stored.size);
      return { lengths, begins: stored.begins ? unpackNumbers(stored.begins, stored.size) : summed(stored, lengths) };
    });
    const length = lengths[index] as number;
    return length === 0 ? undefined : { row: this.rows[index] as number, begin: begins[index] as number, length };
  }

  /** What is known without its text: needs no column that only texts need (FACTS). */
  facts(index: number): InstructionFacts {
    const [scored, choices, candidates] = this.#answerParts(index);
    const { begins, lines } = this.lines;
    const [begin, end] = [begins[index] as number, begins[index + 1] as number];
    const facts: InstructionFacts = {
      row: this.rows[index] as number,
      split: this.split,
      userId: nameOf(this.users, index),
      itemId: nameOf(this.items, index),
      label: this.label(index),
      choices,
      scored,
      candidates,
      templateId: nameOf(this.templates, index),
      templateVersion: this.templates.versions[this.templates.of[index] as number] as number,
      historyLabels: this.#historyLabels(index),
      target: lines[begin] as number,
      historyInteractions: Array.from(lines.subarray(begin + 1, end)),
    };
    const parent = this.#parent(index);
    if (parent !== NONE) facts.parentRow = parent;
    return facts;
  }

  /** sealed  its text; undefined: the row holds it itself */
  instruction(index: number, sealed: SealedText | undefined): Instruction {
    const { prompt, answer, values, history } = sealed ?? this.#ownText(index);
    const { instruction, input } = this.#parts(index, prompt);
    return Object.assign(this.facts(index), { instruction, input, answer, prompt, values, history });
  }

  #answerParts(index: number): AnswerParts {
    const json = nameOf(this.answers, index);
    const [scored, choices, candidates] = (JSON.parse(json) ?? [null, null, null]) as AnswerParts;
    return [scored, choices, candidates];
  }

  #ownText(index: number): SealedText {
    const { texts, of } = this.#once('ownTexts', ({ ownTexts, lengths, size }) => {
      const of = new Uint32Array(size); // how many rows before it hold their text themselves
      const places = unpackNumbers(lengths, size);
      for (let i = 1; i < size; i++) of[i] = (of[i - 1] as number) + (places[i - 1] === 0 ? 1 : 0);
      return { texts: (ownTexts ?? '').split('\n'), of };
    });
    const [values, history, answer, prompt] = JSON.parse(texts[of[index] as number] as string);
    return { values, history, answer, prompt };
  }

  #parent(index: number): number {
    const parents = this.#once('parents', ({ parents, size }) => (parents ? unpackNumbers(parents, size) : null));
    return parents === null ? NONE : (parents[index] as number);
  }

  #historyLabels(index: number): (boolean | null)[] {
    const { begins, labels } = this.#once('historyLabels', ({ labelCounts, historyLabels, size }) => {
      const counts = this.#numbers('counts');
      const own = labelCounts
        ? unpackNumbers(labelCounts, size)
        : counts.map((count) => (count === SLIDES ? 1 : count - 1));
      const begins = new Uint32Array(size + 1);
      let stored = 0;
      for (let row = 0; row < size; row++) {
        const count = counts[row] === SLIDES ? this.#historyLength(row) : (own[row] as number);
        begins[row + 1] = (begins[row] as number) + count;
        stored += own[row] as number;
      }
      const from = unpackNumbers(historyLabels, stored);
      const labels = new Uint8Array(begins[size] as number);
      let next = 0;
      for (let row = 0; row < size; row++) {
        const [begin, end] = [begins[row] as number, begins[row + 1] as number];
        if (counts[row] === SLIDES) {
          labels.copyWithin(begin, begin - (end - begin) + 1, begin);
          labels[end - 1] = from[next++] as number;
        } else for (let at = begin; at < end; at++) labels[at] = from[next++] as number;
      }
      return { begins, labels };
    });
    const own: (boolean | null)[] = [];
    const end = begins[index + 1] as number;
    for (let at = begins[index] as number; at < end; at++) own.push(LABELS[labels[at] as number] as boolean | null);
    return own;
  }

  #historyLength(row: number): number {
    const { begins } = this.lines;
    return (begins[row + 1] as number) - (begins[row] as number) - 1;
  }

  #parts(index: number, prompt: string): Pick<Instruction, 'instruction' | 'input'> {
    const { parts, own } = this.#once('parts', ({ parts, ownParts, size }) => ({
      parts: unpackNumbers(parts, PARTS * size),
      own: JSON.parse(ownParts ?? '[]') as string[],
    }));
    const bytes = Buffer.from(prompt);
    const part = (at: number): string => {
      const [begin, end] = [parts[at] as number, parts[at + 1] as number];
      return begin === NONE ? (own[end] as string) : bytes.toString('utf8', begin, end);
    };
    return { instruction: part(PARTS * index), input: part(PARTS * index + 2) };
  }

  #names(names: string, of: Uint8Array): NameColumn {
    return { names: JSON.parse(names) as string[], of: unpackNumbers(of, this.size) };
  }

  #numbers(column: 'labels' | 'characters' | 'counts' | 'lows' | 'highs'): NumberColumn {
    return this.#once(column, (stored) => unpackNumbers(stored[column], this.size));
  }

  #once<T>(what: string, make: (stored: StoredBlock) => T): T {
    const known = this.#known.get(what) as T | undefined;
    if (known !== undefined) return known;
    const made = make(this.#stored);
    this.#known.set(what, made);
    return made;
  }
}

/** What a row names. */
export function nameOf({ names, of }: NameColumn, index: number): string {
  return names[of[index] as number] as string;
}

function summed({ firstBegin, size }: StoredBlock, lengths: NumberColumn): Float64Array {
  const begins = new Float64Array(size);
  let next = firstBegin;
  for (let i = 0; i < size; i++) {
    begins[i] = next;
    next += lengths[i] as number;
  }
  return begins;
}
