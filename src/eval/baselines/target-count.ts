import type { Instruction } from '../../core/instruction.js';
import type { TrainLabels } from './train-labels.js';

/**
 * Baseline: how many rows of train are about the target, liked or not, whoever asks: popularity. A count and no log-odds: only its order means something.
 *
 * returns one an instruction, in order; 0 for an item that is not in train
 * source  Cremonesi et al. 2010, "Performance of Recommender Algorithms on Top-N Recommendation Tasks", doi:10.1145/1864708.1864721 (TopPop)
 */
export function targetCount(instructions: readonly Pick<Instruction, 'itemId'>[], train: TrainLabels): number[] {
  return instructions.map(({ itemId }) => train.ofItem.get(itemId)?.rows ?? 0);
}
