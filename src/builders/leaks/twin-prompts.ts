import { SPLITS, type Split } from '../../core/instruction.js';
import type { MadeRow } from '../../core/made-row.js';
import { TextHolders } from './text-holders.js';

/**
 * Counts rows of valid and test whose prompt stands, letter by letter, in an earlier split as well. Published cuts have some,
 * so they are counted and not refused.
 */
export class TwinPrompts {
  readonly #prompts = new TextHolders();
  readonly #twins: Record<Split, number> = { train: 0, valid: 0, test: 0 };

  /** Rows of train come before those of valid, and these before those of test. */
  look(row: MadeRow): void {
    const place = SPLITS.indexOf(row.split);
    const first = this.#prompts.heldBefore(row.fingerprint(), place);
    if (first !== undefined && first !== place) this.#twins[row.split] += 1;
  }

  counts(): { valid: number; test: number } {
    return { valid: this.#twins.valid, test: this.#twins.test };
  }
}
