import { z } from 'zod';
import { ID_MODELS, IdModel, IdModelStanding } from './id-models.js';
import { Split } from './instruction.js';
import { Estimate, Finding, PairedTests } from './report-figures.js';
import { TASKS, type TaskName } from './template.js';

/** How the rows of a task are judged. A judgement (liked or not) stands in the report's first part, by metrics of its own. */
export const TASK_KINDS = ['choice', 'rating', 'text'] as const;
export const TaskKind = z.enum(TASK_KINDS);
export type TaskKind = z.infer<typeof TaskKind>;

const count = z.number().int().nonnegative();
const Task = z.enum(Object.keys(TASKS) as [TaskName, ...TaskName[]]);

/** What gives an answer to rows that are no judgements: models before trivial baselines. */
export const TASK_MODELS = [
  'adapter',
  'base',
  'popularity',
  'co-occurrence',
  'frequent-position',
  'chance',
  'global-mean',
  'user-mean',
  'item-mean',
  'user-item-bias',
] as const;
export type PlainTaskModelId = (typeof TASK_MODELS)[number];

/** Those, then models of users and items; these order lists alone. */
export const TaskModelId = z.enum([...TASK_MODELS, ...ID_MODELS]);
export type TaskModelId = z.infer<typeof TaskModelId>;

/** The trivial baselines of a kind, the one that stands for them without rows of valid first. Free text has none. */
export const TASK_BASELINES: Readonly<Record<TaskKind, readonly PlainTaskModelId[]>> = {
  choice: ['popularity', 'co-occurrence', 'frequent-position', 'chance'],
  rating: ['user-item-bias', 'user-mean', 'item-mean', 'global-mean'],
  text: [],
};

export const TASK_MODEL_TITLES: Readonly<Record<PlainTaskModelId, string>> = {
  adapter: 'adapter',
  base: 'base model without adapter',
  popularity: 'popularity in train',
  'co-occurrence': 'most co-occurring with the shown history',
  'frequent-position': 'place in the list most often right in train',
  chance: 'uniform chance',
  'global-mean': 'mean rating of train',
  'user-mean': "user's mean rating in train",
  'item-mean': "item's mean rating in train",
  'user-item-bias': "mean with the user's and the item's bias",
};

export const TASK_METRICS = [
  'accuracy',
  'hit3',
  'hit5',
  'hit10',
  'ndcg5',
  'ndcg10',
  'mrr',
  'rbp',
  'rmse',
  'mae',
  'lossPerToken',
  'lossPerText',
  'perplexity',
] as const;
export const TaskMetricId = z.enum(TASK_METRICS);
export type TaskMetricId = z.infer<typeof TaskMetricId>;

/** How a choice gets one number: log-likelihood of all its tokens, of them a token, or of the first token that differs. */
export const SCORINGS = ['sum', 'mean', 'first'] as const;
export const Scoring = z.enum(SCORINGS);
export type Scoring = z.infer<typeof Scoring>;

const figures = z.partialRecord(TaskMetricId, Estimate);

/** The first model minus the second on the same rows and the same resampled users. */
export const TaskDifference = z.strictObject({
  split: Split,
  metric: TaskMetricId,
  first: TaskModelId,
  second: TaskModelId,
  difference: Estimate,
  shareAboveZero: z.number().nullable(),
  tests: PairedTests,
  finding: Finding,
});
export type TaskDifference = z.infer<typeof TaskDifference>;

export const TaskSplit = z.strictObject({
  split: Split,
  rows: count,
  users: count,
  models: z.array(z.strictObject({ model: TaskModelId, metrics: figures })),
});
export type TaskSplit = z.infer<typeof TaskSplit>;

/** What the K best of a model's lists are like, whether or not they hold the target. */
export const BeyondAccuracy = z.strictObject({
  model: TaskModelId,
  coverage: z.number().nullable(), // share of the candidates of all lists that stand in one; grows with the number of lists, so it has no interval
  gini: z.number().nullable(), // of how often they are shown
  novelty: Estimate, // bits an item
  similarity: Estimate, // of two items of a list, by the users who met them in train
  popularityLift: Estimate, // against the shown histories
});
export type BeyondAccuracy = z.infer<typeof BeyondAccuracy>;

/** What a task's own plot is drawn from, on test, for the adapter, its base model and a trivial baseline. */
export const TaskCurve = z.discriminatedUnion('of', [
  z.strictObject({
    of: z.literal('ranks'),
    models: z.array(z.strictObject({ model: TaskModelId, shares: z.array(z.number()) })), // of rows whose target is among the k best, k from 1
  }),
  z.strictObject({
    of: z.literal('ratings'),
    models: z.array(
      z.strictObject({
        model: TaskModelId,
        points: z.array(
          z.strictObject({ given: z.number(), rows: count, mean: z.number(), low: z.number(), high: z.number() }), // predicted; quartiles
        ),
      }),
    ),
  }),
  z.strictObject({
    of: z.literal('gains'),
    quantiles: z.array(z.number()), // of base model minus adapter, nats a token, at evenly spaced shares of the rows from 0 to 1
  }),
]);
export type TaskCurve = z.infer<typeof TaskCurve>;

/** One task of a version that mixes several. */
export const TaskReport = z.strictObject({
  task: Task,
  kind: TaskKind,
  list: z.string().nullable(), // "1+9": the target and nine others; null: nothing to choose from
  drawn: z.string().nullable(), // where the others come from: the recipe's sampler
  metrics: z.array(TaskMetricId), // those that say something about such rows, in the order of the tables
  main: TaskMetricId, // of the verdict
  baseline: z.strictObject({ model: TaskModelId, chosenBy: z.string() }).nullable(), // null: there is no trivial one
  verdicts: z.array(z.strictObject({ against: TaskModelId, finding: Finding, sentence: z.string() })), // against the best baseline first
  idModels: IdModelStanding,
  splits: z.array(TaskSplit), // test, then valid
  differences: z.array(TaskDifference),
  beyond: z // of lists on test
    .strictObject({ k: count.positive(), catalogue: count, models: z.array(BeyondAccuracy) })
    .nullable(), // null: rows are no lists
  curve: TaskCurve,
  byLikelihood: z.number().int().nonnegative(), // rows of test whose choices are told apart by their whole likelihood
  scorings: z.array(z.strictObject({ scoring: Scoring, models: TaskSplit.shape.models })), // on test, where choices are texts of several tokens
});
export type TaskReport = z.infer<typeof TaskReport>;

export const SliceKind = z.enum([
  'family',
  'cell',
  'wording',
  'repeat',
  'user-age',
  'item-age',
  'popularity',
  'history-length',
]);
export type SliceKind = z.infer<typeof SliceKind>;
export const SliceMetric = z.union([TaskMetricId, z.literal('auc')]);
export type SliceMetric = z.infer<typeof SliceMetric>;

/** A part of a task's test rows, by the metric of its verdict. Intervals from the task's resampled users. */
export const Slice = z.strictObject({
  task: Task,
  metric: SliceMetric,
  by: SliceKind,
  name: z.string(),
  rows: count,
  users: count,
  adapter: Estimate,
  base: Estimate,
  difference: Estimate, // adapter - base
  idModels: z.array(z.strictObject({ model: IdModel, estimate: Estimate })), // of each protocol that was fitted the one of the task's verdict
});
export type Slice = z.infer<typeof Slice>;

/** How much is lost (or won) on wordings that train never held: unseen minus seen, on the same resampled users. */
export const WordingGap = z.strictObject({
  task: Task,
  metric: SliceMetric,
  seenRows: count,
  unseenRows: count,
  adapter: Estimate,
  base: Estimate, // it saw neither: what the wordings differ by themselves
  difference: Estimate, // the adapter's gap - the base model's
});
export type WordingGap = z.infer<typeof WordingGap>;
