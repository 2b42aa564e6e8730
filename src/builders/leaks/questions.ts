import { type Instruction, SPLITS } from '../../core/instruction.js';
import { codeOf, type Named, namedBy } from './row-code.js';

/** What of a row is its question. */
type Question = Pick<Instruction, 'split' | 'row' | 'target' | 'itemId' | 'templateId'>;

const TEMPLATES = 2 ** 16; // more than there are
const NUMBERS = 2; // of a line: code of the row and 1 (0: none), question
const QUESTION = 1; // its place among them
const FIRST_LINES = 1 << 12;

/**
 * Which questions were asked, and by which row: a target line, a split, an item and a template. 8 bytes a line, side by side so that the memory is waited for
 * once, and a number for each question that is not the first of its line, or not about its item.
 */
export class Questions {
  readonly #items = new Map<string, number>();
  readonly #templates = new Map<string, number>();
  #lastTemplate: string | undefined;
  #lastNumber = 0; // of that template
  readonly #more = new Map<number, number[]>(); // by line
  #lines = new Uint32Array(NUMBERS * FIRST_LINES);

  /** The row that asked about a line last. */
  rowOf(target: number): Named | undefined {
    const code = this.#lines[NUMBERS * target] ?? 0;
    return code === 0 ? undefined : namedBy(code - 1);
  }

  /**
   * Whether a row asks what another one asked before. From now on it is asked.
   *
   * own  item of the target's line, the same at each call for that line
   */
  ask(row: Question, own: string | undefined): boolean {
    const { split, target, itemId } = row;
    const at = NUMBERS * target;
    if (at >= this.#lines.length) {
      const larger = new Uint32Array(Math.max(at + NUMBERS, 2 * this.#lines.length));
      larger.set(this.#lines);
      this.#lines = larger;
    }
    const isFirst = this.#lines[at] === 0;
    this.#lines[at] = codeOf(row) + 1;
    const template = this.#numberOf(row.templateId);
    if (itemId === own) {
      const question = 1 + template * SPLITS.length + SPLITS.indexOf(split);
      if (isFirst) this.#lines[at + QUESTION] = question;
      if (isFirst || this.#lines[at + QUESTION] === question) return !isFirst;
    }
    const item = itemId === own ? 0 : 1 + numberOf(itemId, this.#items);
    const code = (item * TEMPLATES + template) * SPLITS.length + SPLITS.indexOf(split);
    const more = this.#more.get(target);
    if (more?.includes(code)) return true;
    if (more) more.push(code);
    else this.#more.set(target, [code]);
    return false;
  }

  /** Lines that were asked about, ascending. */
  *lines(): Generator<number, void> {
    for (let at = 0; at < this.#lines.length; at += NUMBERS) if (this.#lines[at] !== 0) yield at / NUMBERS;
  }

  #numberOf(template: string): number {
    if (template !== this.#lastTemplate) {
      this.#lastTemplate = template;
      this.#lastNumber = numberOf(template, this.#templates);
    }
    return this.#lastNumber;
  }
}

function numberOf(name: string, known: Map<string, number>): number {
  const before = known.get(name);
  if (before !== undefined) return before;
  known.set(name, known.size);
  return known.size - 1;
}
