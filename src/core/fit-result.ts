import { z } from 'zod';
import { FitMetric } from './fit.js';
import { FIT_MODELS } from './fit-search.js';

/** What ID models may learn from: all of train, or only what a few-shot run saw, as in TALLRec's own comparison. */
export const FIT_PROTOCOLS = ['full', 'shots'] as const;
export const FitProtocol = z.enum(FIT_PROTOCOLS);
export type FitProtocol = z.infer<typeof FitProtocol>;

/** Rows that are judged alike: one item each, liked or not; or a list of candidates with one target. */
export const FIT_KINDS = ['judgement', 'choice'] as const;
export const FitKind = z.enum(FIT_KINDS);
export type FitKind = z.infer<typeof FitKind>;

/** The version of the file's form. One of another form is left alone, and its model fitted again. */
export const FIT_FORMAT = 2;

const count = z.number().int().nonnegative();

/** What a model says of the candidates of a row, in the row's order. */
export const FittedRow = z.strictObject({
  row: count, // of the split
  scores: z.array(z.number()).min(1), // of a judgement one; the higher the better, on a scale of the model's own
  relevant: z.array(count), // places of the right ones; of a judgement [0] or []
});
export type FittedRow = z.infer<typeof FittedRow>;

/** One model on one kind of rows of a dataset version: how it was tuned, and its scores under each seed. */
export const FitResult = z.strictObject({
  format: z.literal(FIT_FORMAT),
  versionHash: z.string(),
  protocol: FitProtocol,
  runId: z.string().nullable(), // whose shots were learned from, of several such runs the first that asked; null: all of train
  rows: z.array(count).nullable(), // of train, as that run has them; null: all
  kind: FitKind,
  model: z.enum(FIT_MODELS),
  metric: FitMetric,
  interactions: count, // learned from
  trials: z.array(z.strictObject({ settings: z.record(z.string(), z.unknown()), value: z.number().nullable() })).min(1), // on valid; null: it has no such rows
  chosen: count, // place of the trial whose settings were taken: the best, of equal ones the first
  seeds: z
    .array(
      z.strictObject({
        seed: count,
        epochs: count, // that were made
        value: z.number().nullable(), // on valid
        valid: z.array(FittedRow),
        test: z.array(FittedRow),
      }),
    )
    .min(1),
});
export type FitResult = z.infer<typeof FitResult>;
