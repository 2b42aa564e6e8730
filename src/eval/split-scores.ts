import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import type { Prediction, PredictionSet } from '../core/prediction.js';
import type { ModelId } from '../core/report.js';
import { itemLikeRate } from './baselines/item-like-rate.js';
import { likedShare } from './baselines/liked-share.js';
import { majorityClass } from './baselines/majority-class.js';
import type { TrainLabels } from './baselines/train-labels.js';

/** The part of an instruction that an evaluation reads: no text. */
export type EvaluatedInstruction = Pick<Instruction, 'row' | 'userId' | 'itemId' | 'label' | 'historyLabels'>;

/** What one model said of a split, and under which name the store keeps it. */
export interface Scored {
  readonly set: PredictionSet;
  readonly predictions: readonly Prediction[];
}

/** A split with what the base model says of it, with and without the adapter. */
export interface SplitInput {
  readonly instructions: readonly EvaluatedInstruction[]; // by row
  readonly adapter: Scored;
  readonly base: Scored;
}

/** Every model and baseline on the same rows: all arrays have one entry a row, in the order of the rows. */
export interface SplitScores {
  readonly split: Split;
  readonly users: readonly string[];
  readonly labels: readonly boolean[];
  readonly logOdds: Readonly<Record<ModelId, readonly number[]>>;
}

/** throws RectuneError when a row has no label, or when predictions and rows do not fit */
export function scoreSplit(split: Split, { instructions, adapter, base }: SplitInput, train: TrainLabels): SplitScores {
  const labels = instructions.map(({ row, label }) => {
    if (label !== null) return label;
    throw new RectuneError(
      'usage',
      `row ${row} of split "${split}" has no label, so there is nothing to compare a prediction with`,
      `dataset version ${adapter.set.versionHash}`,
      'report on a version whose template asks whether the user will like the target',
    );
  });
  return {
    split,
    users: instructions.map(({ userId }) => userId),
    labels,
    logOdds: {
      adapter: alignToRows(instructions, adapter),
      base: alignToRows(instructions, base),
      'liked-share': likedShare(shownHistories(instructions, adapter)),
      'item-like-rate': itemLikeRate(instructions, train),
      'majority-class': majorityClass(instructions, train),
    },
  };
}

/** The histories as the model saw them: without what the length limit cut off. */
function shownHistories(instructions: readonly EvaluatedInstruction[], { predictions }: Scored) {
  const dropped = new Map(predictions.map(({ row, droppedHistory }) => [row, droppedHistory]));
  return instructions.map(({ row, historyLabels }) => ({ historyLabels: historyLabels.slice(dropped.get(row)) }));
}

/** Log-odds in the order of the rows. Each row must have been predicted once, with the same user, item and label. */
function alignToRows(instructions: readonly EvaluatedInstruction[], { set, predictions }: Scored): number[] {
  const broken = (what: string) =>
    new RectuneError('data', what, `prediction set ${set.id}`, 'predict this split again: rectune predict');
  const ofRow = new Map(predictions.map((prediction) => [prediction.row, prediction]));
  if (ofRow.size !== predictions.length) throw broken('a row was predicted twice');
  if (ofRow.size !== instructions.length) {
    throw broken(`${ofRow.size} predictions do not fit ${instructions.length} rows of split "${set.split}"`);
  }
  return instructions.map(({ row, userId, itemId, label }) => {
    const prediction = ofRow.get(row);
    if (!prediction) throw broken(`row ${row} of split "${set.split}" was not predicted`);
    const { user, item, logOdds } = prediction;
    if (user !== userId || item !== itemId || prediction.label !== label) {
      throw broken(
        `the prediction of row ${row} is about another user, item or label than split "${set.split}" has there`,
      );
    }
    if (logOdds === null) {
      throw new RectuneError(
        'usage',
        `row ${row} of split "${set.split}" has no two labels, so its prediction has no log-odds`,
        `prediction set ${set.id}`,
        'report on a version whose templates all ask whether the user will like the target',
      );
    }
    if (!Number.isFinite(logOdds)) throw broken(`the log-odds ${logOdds} of row ${row} is not finite`);
    return logOdds;
  });
}
