import { z } from 'zod';
import { Split } from './instruction.js';

/** What a model says of one of the answers that a row allows; log-probabilities in nats, over the whole vocabulary. */
export const ChoiceScore = z.strictObject({
  sum: z.number(), // of its tokens behind what the prompt gives, end-of-text included; of a label told by its first token: that token
  tokens: z.number().int().positive(), // how many these are
  first: z.number(), // of the first token in which it differs from what all answers share; of a single answer the first
});
export type ChoiceScore = z.infer<typeof ChoiceScore>;

/** What a model says of one row: log-odds when it has two labels, else a score of each of its answers. */
export const Prediction = z.strictObject({
  row: z.number().int().nonnegative(),
  user: z.string(),
  item: z.string(),
  label: z.boolean().nullable(), // null: the row's task has no yes/no label
  logOdds: z.number().nullable(), // log P(liked label) - log P(other label) at the answer position; null: see choices
  choices: z.array(ChoiceScore).min(1).nullable(), // in the order of the row's labels or choices; null: it has two labels
  droppedHistory: z.number().int().nonnegative(), // oldest history items that did not fit the length limit
});
export type Prediction = z.infer<typeof Prediction>;

/** Those whose row lost its oldest history to the length limit. */
export function shortened(predictions: readonly Prediction[]): Prediction[] {
  return predictions.filter(({ droppedHistory }) => droppedHistory > 0);
}

/** Where and in what numbers the products with frozen weights were computed: what was chosen, whatever was asked for. */
export const Arithmetic = z.strictObject({
  device: z.enum(['cpu', 'cuda', 'vulkan']),
  precision: z.enum(['f32', 'bf16', 'fp16']),
});
export type Arithmetic = z.infer<typeof Arithmetic>;

/** What everything was computed in before there was a choice. */
export const PLAIN: Arithmetic = { device: 'cpu', precision: 'f32' };

export function isSameArithmetic(a: Arithmetic, b: Arithmetic): boolean {
  return a.device === b.device && a.precision === b.precision;
}

/** "on the CPU in f32" */
export function inWords({ device, precision }: Arithmetic): string {
  return `on ${device === 'cpu' ? 'the CPU' : device} in ${precision}`;
}

/** Who predicted which rows: a base model, with or without an adapter, on one split of one dataset version under one length limit. */
export const PredictionSet = z.strictObject({
  id: z.string(), // sha256 of all below but labelMass: the same question, answered in the same numbers
  versionHash: z.string(),
  split: Split,
  modelHash: z.string(), // sha256 of the GGUF file
  adapterHash: z.string().nullable(), // null: the base model alone
  runId: z.string().nullable(), // the run that made the adapter
  maxLength: z.number().int().nonnegative(), // tokens of a row; 0: no limit
  ...Arithmetic.shape,
  labelMass: z.number(), // mean over the rows of the probability that the model gives to the allowed answers together
});
export type PredictionSet = z.infer<typeof PredictionSet>;
