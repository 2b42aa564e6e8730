import { z } from 'zod';
import { Estimate } from './report-figures.js';
import { RowKind } from './report-rows.js';

const count = z.number().int().nonnegative();

/** Who is looked at in the trust panel: the adapter and what it was trained on. */
export const TRUST_MODELS = ['adapter', 'base'] as const;
export const TrustModel = z.enum(TRUST_MODELS);
export type TrustModel = z.infer<typeof TrustModel>;

/** Rows gathered by what a model says of them; empty bins are not listed. */
export const TrustBin = z.strictObject({
  low: z.number(), // bin is [low, high); the last one includes 1
  high: z.number(),
  rows: count.positive(),
  meanProbability: z.number(), // of liked; of lists and ratings the probability of the likeliest answer
  share: z.number(), // that was liked; whose likeliest answer was right
});
export type TrustBin = z.infer<typeof TrustBin>;

export const CALIBRATION_FIGURES = ['logLoss', 'brier', 'calibrationError'] as const;
export const CalibrationFigure = z.enum(CALIBRATION_FIGURES);
export type CalibrationFigure = z.infer<typeof CalibrationFigure>;

/** What a model's probabilities on test are worth as they are, and divided by a temperature that is fitted on valid alone. Orders do not change by it. */
export const Calibration = z.strictObject({
  task: z.string(),
  kind: RowKind,
  model: TrustModel,
  rows: count, // of test
  users: count,
  validRows: count, // that the temperature is fitted on
  validUsers: count,
  temperature: z.number().nullable(), // that log-odds and log-likelihoods are divided by; null: see reason
  atEnd: z.boolean(), // the best one lies at an end of the search, or beyond
  reason: z.string().nullable(),
  figures: z.array(
    z.strictObject({ figure: CalibrationFigure, before: Estimate, after: Estimate, difference: Estimate }), // after - before
  ),
  bins: z.strictObject({ before: z.array(TrustBin), after: z.array(TrustBin) }), // after: none without a temperature
});
export type Calibration = z.infer<typeof Calibration>;

/** What is known of how far a report's figures can be believed. */
export const Trust = z.strictObject({
  calibration: z.array(Calibration), // by task, then model
});
export type Trust = z.infer<typeof Trust>;
