import type { Instruction } from '../../core/instruction.js';
import { logOdds, type TrainLabels, trainMean } from './train-labels.js';

/**
 * Baseline: says the same for every row, the like rate of train. Its accuracy is the share of train's more frequent label
 * among the rows, its log loss the price of knowing only that rate, its AUC one half (all rows tie).
 *
 * returns log-odds, one an instruction
 */
export function majorityClass(instructions: readonly Pick<Instruction, 'row'>[], train: TrainLabels): number[] {
  const all = logOdds(trainMean(train));
  return instructions.map(() => all);
}
