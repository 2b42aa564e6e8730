import { RectuneError } from '../core/errors.js';
import type { Instruction } from '../core/instruction.js';
import type { Prediction, PredictionSet } from '../core/prediction.js';

/** The part of an instruction that an evaluation reads: of its text the answers, and the prompt to show it. */
export type EvaluatedInstruction = Pick<
  Instruction,
  | 'row'
  | 'userId'
  | 'itemId'
  | 'label'
  | 'historyLabels'
  | 'choices'
  | 'scored'
  | 'candidates'
  | 'answer'
  | 'templateId'
  | 'prompt'
  | 'target'
  | 'historyInteractions'
>;

/** What one model said of a split, and under which name the store keeps it. */
export interface Scored {
  readonly set: PredictionSet;
  readonly predictions: readonly Prediction[];
}

/**
 * Predictions in the order of the rows. Each row must have been predicted once, with the same user, item and label, and with a number for each answer that it
 * could have had.
 *
 * throws RectuneError 'data' when predictions and rows do not fit
 */
export function alignToRows(instructions: readonly EvaluatedInstruction[], { set, predictions }: Scored): Prediction[] {
  const broken = (what: string) =>
    new RectuneError('data', what, `prediction set ${set.id}`, 'predict this split again: rectune predict --again');
  const ofRow = new Map(predictions.map((prediction) => [prediction.row, prediction]));
  if (ofRow.size !== predictions.length) throw broken('a row was predicted twice');
  if (ofRow.size !== instructions.length) {
    throw broken(`${ofRow.size} predictions do not fit ${instructions.length} rows of split "${set.split}"`);
  }
  return instructions.map((instruction) => {
    const { row, userId, itemId, label } = instruction;
    const prediction = ofRow.get(row);
    if (!prediction) throw broken(`row ${row} of split "${set.split}" was not predicted`);
    const { user, item, logOdds, choices } = prediction;
    if (user !== userId || item !== itemId || prediction.label !== label) {
      throw broken(
        `the prediction of row ${row} is about another user, item or label than split "${set.split}" has there`,
      );
    }
    if (label !== null) {
      if (logOdds === null || !Number.isFinite(logOdds))
        throw broken(`the log-odds ${logOdds} of row ${row} is not finite`);
      return prediction;
    }
    const wanted = instruction.choices?.length ?? 1;
    if (choices === null && wanted === 2 && logOdds !== null && Number.isFinite(logOdds)) return prediction; // two labels: A or B
    if (choices?.length !== wanted) {
      throw broken(
        `row ${row} could have had ${wanted} answers, and the prediction is about ${choices?.length ?? 'none'}`,
      );
    }
    if (!choices.every(({ sum, tokens, first }) => Number.isFinite(sum) && Number.isFinite(first) && tokens > 0)) {
      throw broken(`a log-likelihood of row ${row} is not finite`);
    }
    return prediction;
  });
}
