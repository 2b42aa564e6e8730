import { fingerprint } from '../../core/fingerprint.js';
import { type Instruction, SPLITS, type Split } from '../../core/instruction.js';
import { TextHolders } from './text-holders.js';

/**
 * Rows of valid and test whose prompt stands, letter by letter, in an earlier split as well. Published cuts have some,
 * so they are counted and not refused.
 */
export function countTwinPrompts(splits: Readonly<Record<Split, Iterable<Pick<Instruction, 'prompt'>>>>): {
  valid: number;
  test: number;
} {
  const prompts = new TextHolders();
  const twins = { train: 0, valid: 0, test: 0 };
  for (const [place, split] of SPLITS.entries()) {
    for (const { prompt } of splits[split]) {
      const first = prompts.heldBefore(fingerprint(prompt), place);
      if (first !== undefined && first !== place) twins[split] += 1;
    }
  }
  return { valid: twins.valid, test: twins.test };
}
