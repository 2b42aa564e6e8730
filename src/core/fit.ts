import { z } from 'zod';
import { PROTOCOL } from './run-config.js';

const count = z.number().int().positive();
const positive = z.number().positive();
const notNegative = z.number().nonnegative();

const share = z.number().min(0).lt(1); // of values set to zero while training

const learningByAdam = {
  batchSize: count.default(2048), // training examples, about
  learningRate: positive.default(0.001),
};

/** Of models that learn which item comes next by a softmax: held against so many items, drawn for each batch, in place of all; 0: all. */
const sampledItems = z.number().int().nonnegative().max(1_000_000_000).default(0);

/** A model of users and items that native/ can fit, with its settings. Defaults are those of RecBole 1.2.1, unless something else is said. */
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
        ...learningByAdam,
        l2: notNegative.default(0),
      })
      .prefault({}),
  }),
  z.strictObject({
    model: z.literal('gru4rec'),
    settings: z
      .strictObject({
        width: count.default(64), // of an item vector
        hidden: count.default(128),
        layers: count.default(1),
        dropout: share.default(0.3),
        mostInputs: count.default(50), // of a history, the last ones
        targetsAtOnce: count.default(50), // prefixes of a history that share a pass; 1 is RecBole's way
        sampledItems,
        ...learningByAdam,
      })
      .prefault({}),
  }),
  z.strictObject({
    model: z.literal('sasrec'),
    settings: z
      .strictObject({
        width: count.default(64),
        layers: count.default(2),
        heads: count.default(2),
        inner: count.default(256), // of the dense layers
        dropout: share.default(0.5),
        attentionDropout: share.default(0.5),
        mostInputs: count.default(50),
        targetsAtOnce: count.default(10),
        sampledItems,
        ...learningByAdam,
      })
      .prefault({}),
  }),
  z.strictObject({
    model: z.literal('caser'),
    settings: z
      .strictObject({
        width: count.default(64),
        filtersDown: count.default(4),
        filtersAcross: count.default(8), // of each height
        dropout: share.default(0.4),
        l2: notNegative.default(0.0001),
        mostInputs: count.default(50), // RecBole's default for all models; its documentation advises 10 for Caser
        targetsAtOnce: count.default(50), // changes how fast it is, not what each target sees
        sampledItems,
        ...learningByAdam,
      })
      .prefault({}),
  }),
  z.strictObject({
    model: z.literal('din'),
    settings: z
      .strictObject({
        width: count.default(10),
        attention: z.array(count).min(1).default([80, 40]), // hidden layers, as in the authors' program; RecBole has 256, 256, 256 here and below
        layers: z.array(count).min(1).default([200, 80]), // as in the paper
        mostInputs: count.default(50),
        negatives: z.number().int().min(0).max(1000).default(0), // drawn for each liked interaction; 0: the log's own labels
        ...learningByAdam,
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
  evaluateEvery: count, // epochs; of no meaning without validation
  patience: count.nullable(), // evaluations without a better value; null: all epochs are made
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
  validation: z.strictObject({ rows: z.string(), metric: FitMetric }).nullable(), // of a model that learns: the best epoch is kept
  learning: FitLearning.nullable(), // null: the model is made in one pass
  seed: z.number().int().nonnegative(),
  threads: count,
});
export type NativeFitConfig = z.infer<typeof NativeFitConfig>;
