import { z } from 'zod';
import type { Split } from '../core/instruction.js';
import { NativeScoreConfig, TrainOptions } from '../core/run-config.js';
import { writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { checkOutputFiles } from '../platform/output-place.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { adapterOf, doneRun, mergedOf, modelOf } from './run-files.js';
import { type ScoreAnswer, scoreSplit } from './score-split.js';
import { findVersion } from './sealed-split.js';

/** What a user may set about predicting, beside the split. */
export const PredictOptions = z.strictObject({
  batchSize: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('rows computed at once; about 4,000 tokens without it'),
  device: TrainOptions.shape.device,
  precision: NativeScoreConfig.shape.precision
    .default('f32')
    .describe('of products with frozen weights below the output head, which is always computed in f32'),
  threads: TrainOptions.shape.threads,
  again: z.boolean().default(false).describe('compute predictions that are in the store already'),
});
export type PredictOptions = z.infer<typeof PredictOptions>;

/** What the adapter of a run says of a split, and what its base model says of the same rows. */
export interface RunPredictions {
  runId: string;
  split: Split;
  adapter: ScoreAnswer;
  base: ScoreAnswer;
}

/**
 * Predicts a split with the adapter of a run and with its base model alone; both go to the store.
 *
 * model  when given, where the base model lies now; its content must be the run's
 * throws RectuneError: usage (no such run, or it is not done), data (model or adapter gone or changed), and what native reports
 */
export async function predictRun(
  store: Store,
  request: { run: string; split: Split; model?: string | undefined; options: PredictOptions } & Execution,
): Promise<RunPredictions> {
  const { options, split, studio } = request;
  const run = await doneRun(store, studio, request.run);
  const model = await modelOf(store, studio, run, request.model);
  const ownAdapter = await adapterOf(studio, run);
  const { maxLength, sharePrefixes } = run.config;
  const version = findVersion(store, run.versionHash);
  const question = { ...options, split, version, model, maxLength, sharePrefixes };
  const base = await scoreSplit(store, { ...question, adapter: null, merged: null, runId: null }, request);
  const adapter = await scoreSplit(
    store,
    { ...question, adapter: ownAdapter, merged: mergedOf(studio, run), runId: run.id },
    request,
  );
  return { runId: run.id, split, adapter, base };
}

/**
 * Predicts a split of a dataset version with any model and adapter; the predictions go to the store, and to `out` as JSON
 * lines {"row","user","item","label","logOdds","choices"} in the order of the rows.
 *
 * model, adapter, out  paths
 */
export async function predictFile(
  store: Store,
  request: {
    data: string;
    split: Split;
    model: string;
    adapter?: string | undefined;
    out: string;
    maxLength: number;
    options: PredictOptions;
  } & Execution,
): Promise<ScoreAnswer> {
  const { options, split, model, maxLength } = request;
  const version = findVersion(store, request.data);
  checkOutputFiles([request.out]); // before a model is read, and not after hours of scoring
  const question = {
    ...options,
    split,
    version,
    model,
    adapter: request.adapter ?? null,
    merged: null,
    runId: null,
    maxLength,
    sharePrefixes: true,
  };
  const answer = await scoreSplit(store, question, request);
  const published = answer.predictions.map(({ droppedHistory: _, ...prediction }) => prediction);
  writeSealed(request.out, toJsonLines(published));
  return answer;
}

/** The splits that a report on a run needs: valid and test, as far as the version has rows in them. */
export function reportedSplits(store: Store, runId: string): Split[] {
  const version = findVersion(store, store.runs.get(runId).versionHash);
  return (['valid', 'test'] as const).filter((split) => version.counts[split] > 0);
}

/** Those of them on which the store has no predictions of the run's adapter yet. */
export function unpredictedSplits(store: Store, runId: string): Split[] {
  const { versionHash, modelHash, adapterHash, config } = store.runs.get(runId);
  const asked = { versionHash, modelHash, adapterHash, maxLength: config.maxLength };
  return reportedSplits(store, runId).filter((split) => store.predictions.select({ ...asked, split }) === undefined);
}
