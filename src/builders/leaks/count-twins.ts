import { type Instruction, SPLITS, type Split } from '../../core/instruction.js';
import { FirstPrompts } from './first-prompts.js';

/**
 * Rows of valid and test whose prompt stands, letter by letter, in an earlier split as well. Published cuts have some,
 * so they are counted and not refused.
 */
export function countTwinPrompts(splits: Readonly<Record<Split, Iterable<Pick<Instruction, 'prompt'>>>>): {
  valid: number;
  test: number;
} {
  const prompts = new FirstPrompts<Split>();
  const twins = { train: 0, valid: 0, test: 0 };
  for (const split of SPLITS) {
    for (const { prompt } of splits[split]) {
      const first = prompts.heldBefore(prompt, split);
      if (first !== undefined && first !== split) twins[split] += 1;
    }
  }
  return { valid: twins.valid, test: twins.test };
}
