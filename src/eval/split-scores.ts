import type { Split } from '../core/instruction.js';
import type { ModelId } from '../core/report.js';
import { alignToRows, type EvaluatedInstruction, type Scored } from './align-predictions.js';
import { itemLikeRate } from './baselines/item-like-rate.js';
import { likedShare } from './baselines/liked-share.js';
import { majorityClass } from './baselines/majority-class.js';
import type { TrainLabels } from './baselines/train-labels.js';

/** A split with what the base model says of it, with and without the adapter. */
export interface SplitInput {
  readonly instructions: readonly EvaluatedInstruction[]; // by row
  readonly adapter: Scored;
  readonly base: Scored;
}

/** A row with what both models say of it. */
export interface AnsweredRow {
  readonly instruction: EvaluatedInstruction;
  readonly adapter: Scored['predictions'][number];
  readonly base: Scored['predictions'][number];
}

/** Every model and baseline on the same judgements: all arrays have one entry a row, in the order of the rows. */
export interface SplitScores {
  readonly split: Split;
  readonly users: readonly string[];
  readonly labels: readonly boolean[];
  readonly logOdds: Readonly<Record<ModelId, readonly number[]>>;
}

/** throws RectuneError when predictions and rows do not fit */
export function answeredRows({ instructions, adapter, base }: SplitInput): AnsweredRow[] {
  const [byAdapter, byBase] = [alignToRows(instructions, adapter), alignToRows(instructions, base)];
  return instructions.map((instruction, i) => ({
    instruction,
    adapter: byAdapter[i] as AnsweredRow['adapter'],
    base: byBase[i] as AnsweredRow['base'],
  }));
}

/** The judgements among the rows: those that have a label. */
export function scoreSplit(split: Split, answered: readonly AnsweredRow[], train: TrainLabels): SplitScores {
  const rows = answered.filter(({ instruction }) => instruction.label !== null);
  const instructions = rows.map(({ instruction }) => instruction);
  return {
    split,
    users: instructions.map(({ userId }) => userId),
    labels: instructions.map(({ label }) => label === true),
    logOdds: {
      adapter: rows.map(({ adapter }) => adapter.logOdds as number),
      base: rows.map(({ base }) => base.logOdds as number),
      'liked-share': likedShare(rows.map(shownHistory)),
      'item-like-rate': itemLikeRate(instructions, train),
      'majority-class': majorityClass(instructions, train),
    },
  };
}

/** The history as the model saw it: without what the length limit cut off. */
function shownHistory({ instruction: { historyLabels }, adapter }: AnsweredRow) {
  return { historyLabels: historyLabels.slice(adapter.droppedHistory) };
}
