import { type Instruction, SPLITS, type Split } from '../../core/instruction.js';
import type { DatasetRecipe } from '../../core/recipe.js';

type Splits = Readonly<Record<Split, readonly Instruction[]>>;

/**
 * Where the recipe says so, rows of train whose prompt valid or test holds give way, and rows of valid whose prompt test holds: what
 * is measured stays, and what is learned from gets smaller. Rows are numbered anew.
 */
export function withoutTwins(splits: Splits, rule: DatasetRecipe['twins']): { splits: Splits; dropped: number } {
  if (rule !== 'drop') return { splits, dropped: 0 };
  const held = new Set<string>();
  const kept: Record<Split, Instruction[]> = { train: [], valid: [], test: [] };
  let dropped = 0;
  for (const split of [...SPLITS].reverse()) {
    for (const row of splits[split]) {
      if (held.has(row.prompt)) dropped += 1;
      else kept[split].push({ ...row, row: kept[split].length });
    }
    for (const { prompt } of kept[split]) held.add(prompt);
  }
  return { splits: kept, dropped };
}
