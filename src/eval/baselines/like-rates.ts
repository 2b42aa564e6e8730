import type { Instruction } from '../../core/instruction.js';
import { type Counted, likeRate, type TrainLabels } from './train-labels.js';

/**
 * Baseline: how often the target was liked in train, smoothed towards the like rate of all of train (likeRate); taste of all, no user.
 * An item that is not in train gets the train mean.
 *
 * returns log-odds of liking the target, one an instruction, in order
 */
export function itemLikeRate(instructions: readonly Pick<Instruction, 'itemId'>[], train: TrainLabels): number[] {
  return instructions.map(({ itemId }) => logOddsOf(train.ofItem.get(itemId), train));
}

/**
 * Baseline: how often the user liked the targets of the user's own rows of train, smoothed likewise; no item. A user who is not in train, as all are where
 * users are split, gets the train mean.
 *
 * returns log-odds of liking the target, one an instruction, in order
 */
export function userLikeRate(instructions: readonly Pick<Instruction, 'userId'>[], train: TrainLabels): number[] {
  return instructions.map(({ userId }) => logOddsOf(train.ofUser.get(userId), train));
}

function logOddsOf(counted: Counted | undefined, train: TrainLabels): number {
  const rate = likeRate(counted, train);
  return Math.log(rate / (1 - rate));
}
