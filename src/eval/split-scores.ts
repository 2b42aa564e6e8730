import { type IdModelId, isIdModel } from '../core/id-models.js';
import type { Split } from '../core/instruction.js';
import { givesProbabilities, METRICS, type MetricId, MODELS, type ModelId, type OddsModelId } from '../core/report.js';
import { alignToRows, type EvaluatedInstruction, type Scored } from './align-predictions.js';
import { lastLabel } from './baselines/last-label.js';
import { itemLikeRate, userLikeRate } from './baselines/like-rates.js';
import { likedShare } from './baselines/liked-share.js';
import { majorityClass } from './baselines/majority-class.js';
import { targetCount } from './baselines/target-count.js';
import type { TrainLabels } from './baselines/train-labels.js';
import type { FittedSplit } from './fitted-scores.js';
import { METRIC } from './metrics/metric.js';

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

/** Every model and baseline on the same judgements: all arrays of a model have one entry a row, in the order of the rows. */
export interface SplitScores {
  readonly split: Split;
  readonly users: readonly string[];
  readonly labels: readonly boolean[];
  readonly logOdds: Readonly<Record<OddsModelId, readonly number[]>>; // of the target's count: the count
  readonly fitted: ReadonlyMap<IdModelId, readonly (readonly number[])[]>; // scores under each seed, on a scale of the model's own
}

/** In the order of a table. */
export function modelsOf({ fitted }: SplitScores): ModelId[] {
  return [...MODELS, ...fitted.keys()];
}

/** What a model says of each row; an ID model under its first seed. */
export function scoresOf({ fitted, logOdds }: SplitScores, model: ModelId): readonly number[] {
  if (!isIdModel(model)) return logOdds[model];
  const scores = fitted.get(model)?.[0];
  if (!scores) throw new Error(`${model} says nothing of these rows`);
  return scores;
}

/** Metrics that are defined of a model: of scores that are no log-odds, those that read nothing but their order. */
export function metricsOfModel(model: ModelId): MetricId[] {
  return givesProbabilities(model) ? [...METRICS] : METRICS.filter((metric) => METRIC[metric].reads === 'order');
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
export function scoreSplit(
  split: Split,
  answered: readonly AnsweredRow[],
  train: TrainLabels,
  fitted?: FittedSplit,
): SplitScores {
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
      'last-label': lastLabel(rows.map(shownHistory), train),
      'user-like-rate': userLikeRate(instructions, train),
      'item-like-rate': itemLikeRate(instructions, train),
      'target-count': targetCount(instructions, train),
      'majority-class': majorityClass(instructions, train),
    },
    fitted: new Map(
      (fitted?.models('judgement') ?? []).map((model) => {
        const seeds = fitted?.scores(model, 'judgement', instructions) ?? [];
        return [model, seeds.map((rowScores) => rowScores.map(([score]) => score as number))];
      }),
    ),
  };
}

/** The history as the model saw it: without what the length limit cut off. */
function shownHistory({ instruction: { historyLabels }, adapter }: AnsweredRow) {
  return { historyLabels: historyLabels.slice(adapter.droppedHistory) };
}
