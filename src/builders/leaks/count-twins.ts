import { type Instruction, SPLITS, type Split } from '../../core/instruction.js';
import { sha256 } from '../../platform/files.js';

/**
 * Rows of valid and test whose prompt stands, letter by letter, in an earlier split as well. Published cuts have some,
 * so they are counted and not refused.
 */
export function countTwinPrompts(splits: Readonly<Record<Split, Iterable<Pick<Instruction, 'prompt'>>>>): {
  valid: number;
  test: number;
} {
  const seen = new Map<string, Split>(); // first split, by hash: many prompts would not fit into memory
  const twins = { train: 0, valid: 0, test: 0 };
  for (const split of SPLITS) {
    for (const { prompt } of splits[split]) {
      const key = sha256(prompt).slice(0, 32);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, split);
      else if (first !== split) twins[split] += 1;
    }
  }
  return { valid: twins.valid, test: twins.test };
}
