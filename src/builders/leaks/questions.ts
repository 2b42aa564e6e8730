import { type Instruction, SPLITS } from '../../core/instruction.js';

/** What of a row is its question. */
type Question = Pick<Instruction, 'split' | 'target' | 'itemId' | 'templateId'>;

const TEMPLATES = 2 ** 16; // more than there are

/** Which questions were asked: a target line, a split, an item and a template. 8 bytes a line, and a number for each further question. */
export class Questions {
  readonly #items = new Map<string, number>();
  readonly #templates = new Map<string, number>();
  readonly #more = new Map<number, number[]>(); // of lines that stand behind several questions
  #first = new Float64Array(1 << 12); // of each line; 0: none

  /** Whether a row asks what another one asked before. From now on it is asked. */
  askedBefore({ split, target, itemId, templateId }: Question): boolean {
    const place = numberOf(itemId, this.#items) * TEMPLATES + numberOf(templateId, this.#templates);
    const code = 1 + place * SPLITS.length + SPLITS.indexOf(split);
    if (target >= this.#first.length) {
      const larger = new Float64Array(Math.max(target + 1, 2 * this.#first.length));
      larger.set(this.#first);
      this.#first = larger;
    }
    const first = this.#first[target] as number;
    if (first === 0) {
      this.#first[target] = code;
      return false;
    }
    if (first === code) return true;
    const more = this.#more.get(target);
    if (more?.includes(code)) return true;
    if (more) more.push(code);
    else this.#more.set(target, [code]);
    return false;
  }
}

function numberOf(name: string, known: Map<string, number>): number {
  const before = known.get(name);
  if (before !== undefined) return before;
  known.set(name, known.size);
  return known.size - 1;
}
