import { z } from 'zod';
import { PROTOCOL } from './run-config.js';

const count = z.number().int().positive();
const positive = z.number().positive();
const notNegative = z.number().nonnegative();

/** A model of users and items that native/ can fit, with its settings. Defaults are those of RecBole 1.2.1. */
export const FitModel = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('pop'), settings: z.strictObject({}).default({}) }),
  z.strictObject({
    model: z.literal('item-knn'),
    settings: z.strictObject({ neighbours: count.default(100), shrink: notNegative.default(0) }).prefault({}),
  }),
  z.strictObject({
    model: z.literal('ease'),
    settings: z.strictObject({ l2: positive.default(250) }).prefault({}),
  }),
  z.strictObject({
    model: z.literal('bpr'),
    settings: z
      .strictObject({
        width: count.default(64), // of a vector
        batchSize: count.default(2048), // training examples
        learningRate: positive.default(0.001),
        l2: notNegative.default(0),
      })
      .prefault({}),
  }),
]);
export type FitModel = z.infer<typeof FitModel>;

/** What a fit is validated by; ranks are those of the one relevant item of each row. */
export const FitMetric = z.enum(['auc', 'ndcg@10', 'mrr@10', 'hit@10']);
export type FitMetric = z.infer<typeof FitMetric>;

/** How a model learns by epochs. */
export const FitLearning = z.strictObject({
  epochs: count, // at most
  validation: z
    .strictObject({
      rows: z.string(),
      metric: FitMetric,
      every: count, // epochs
      patience: count.nullable(), // evaluations without a better value
    })
    .nullable(),
  state: z.string().nullable(), // file that the fit can go on from
  stateEvery: notNegative, // seconds
  resume: z.boolean(),
});
export type FitLearning = z.infer<typeof FitLearning>;

/** The JSON file that native/ reads for `fit`. */
export const NativeFitConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  settings: z.record(z.string(), z.unknown()), // those of FitModel
  interactions: z.string(), // a line a user
  items: count,
  rows: z.string().nullable(), // to score when the model is there
  learning: FitLearning.nullable(), // null: the model is made in one pass
  seed: z.number().int().nonnegative(),
  threads: count,
});
export type NativeFitConfig = z.infer<typeof NativeFitConfig>;
