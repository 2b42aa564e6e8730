import type { Instruction } from '../../core/instruction.js';
import { likeRate, logOdds, type TrainLabels } from './train-labels.js';

/**
 * Baseline: how often the target was liked in train, smoothed towards the like rate of all of train (likeRate); taste of all, no user.
 * An item that is not in train gets the train mean.
 *
 * returns log-odds of liking the target, one an instruction, in order
 */
export function itemLikeRate(instructions: readonly Pick<Instruction, 'itemId'>[], train: TrainLabels): number[] {
  return instructions.map(({ itemId }) => logOdds(likeRate(train.ofItem.get(itemId), train)));
}

/**
 * Baseline: how often the user liked the targets of the user's own rows of train, smoothed likewise; no item. A user who is not in train, as all are where
 * users are split, gets the train mean.
 *
 * returns log-odds of liking the target, one an instruction, in order
 */
export function userLikeRate(instructions: readonly Pick<Instruction, 'userId'>[], train: TrainLabels): number[] {
  return instructions.map(({ userId }) => logOdds(likeRate(train.ofUser.get(userId), train)));
}
