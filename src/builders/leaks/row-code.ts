import { type Instruction, SPLITS } from '../../core/instruction.js';

/** A row by its split and number. */
export type Named = Pick<Instruction, 'split' | 'row'>;

/** A row as one number below 2^32 - 1, for tables that hold millions; up to 1.4 thousand million rows a split. */
export function codeOf({ split, row }: Named): number {
  return SPLITS.length * row + SPLITS.indexOf(split);
}

export function namedBy(code: number): Named {
  const split = SPLITS[code % SPLITS.length] ?? 'train';
  return { split, row: Math.floor(code / SPLITS.length) };
}

/** The row that stands for each line of a log; 4 bytes a line. */
export class RowOfLine {
  #codes = new Uint32Array(1 << 12); // 0: none; else the code and 1

  get(line: number): Named | undefined {
    const code = this.#codes[line] ?? 0;
    return code === 0 ? undefined : namedBy(code - 1);
  }

  /** code  of the row (codeOf) */
  set(line: number, code: number): void {
    if (line >= this.#codes.length) {
      const larger = new Uint32Array(Math.max(line + 1, 2 * this.#codes.length));
      larger.set(this.#codes);
      this.#codes = larger;
    }
    this.#codes[line] = code + 1;
  }
}
