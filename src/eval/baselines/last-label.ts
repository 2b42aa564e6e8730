import type { Instruction } from '../../core/instruction.js';
import { lastKnown, likeRate, logOdds, type TrainLabels } from './train-labels.js';

/**
 * Baseline: whether the last item that the prompt shows was liked, and nothing else: how often the targets of train were liked behind such a last item, smoothed
 * towards the like rate of all of train (likeRate). Items without a known label are passed over; a history without any is a case of its own.
 *
 * returns log-odds of liking the target, one an instruction, in order
 */
export function lastLabel(instructions: readonly Pick<Instruction, 'historyLabels'>[], train: TrainLabels): number[] {
  return instructions.map(({ historyLabels }) => logOdds(likeRate(train.behind.get(lastKnown(historyLabels)), train)));
}
