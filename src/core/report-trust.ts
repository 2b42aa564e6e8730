import { z } from 'zod';
import { PROBES, ProbeName, VARIANT_PROBES } from './probe.js';
import { Estimate, Finding } from './report-figures.js';
import { RowKind } from './report-rows.js';
import { SliceMetric } from './task-report.js';

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

/** What was asked in a probe, and where its answers are. */
export const ReportedProbe = z.strictObject({
  probe: ProbeName,
  file: z.string().nullable(), // name of its file among the run's probes; null: it was not asked
  sha256: z.string().nullable(), // of that file
  seed: count.nullable(),
  eligible: count.nullable(), // rows of test, or titles, that could have been asked
  asked: count, // rows or titles that were
  budget: z.string().nullable(), // what decided how many
  reason: z.string().nullable(), // why there is no answer; null: there is
  command: z.string(), // that asks it
});
export type ReportedProbe = z.infer<typeof ReportedProbe>;

/** One model on rows as they are and in another form; the same rows and resampled users in both. */
export const ShownOtherwise = z.strictObject({
  plain: Estimate, // main metric of the rows as they are
  shown: Estimate, // in this form
  difference: Estimate, // shown - plain
  finding: Finding, // of the form against the rows as they are
  change: Estimate, // mean distance of what the model says of a row (see metrics.md)
  flips: Estimate, // share of the rows whose answer is another one
});
export type ShownOtherwise = z.infer<typeof ShownOtherwise>;

/** All rows that have a form. */
export const FormFigures = z.strictObject({
  form: z.string(),
  seen: z.boolean().nullable(), // of wordings: whether train held it
  rows: count,
  users: count,
  adapter: ShownOtherwise,
  base: ShownOtherwise,
});
export type FormFigures = z.infer<typeof FormFigures>;

/** A figure over several forms of the same rows, each model for itself. */
export const FormsTogether = z.strictObject({
  best: z.string().nullable(), // form; "as it is" among them
  worst: z.string().nullable(),
  spread: Estimate, // how much better the best is than the worst, chosen after looking: never below 0
  flips: Estimate, // share of the rows whose answer is not the same in all their forms
});
export type FormsTogether = z.infer<typeof FormsTogether>;

/** What the order of the candidates does to a model. */
export const OrderBias = z.strictObject({
  bias: Estimate, // half the sum over places of |what a place adds to the probability of a candidate|: 0 to 1
  places: z.array(Estimate), // what each place adds, first place first
  plain: Estimate, // main metric of the rows as they are
  debiased: Estimate, // of the mean probabilities over the orders
  difference: Estimate, // debiased - plain
});
export type OrderBias = z.infer<typeof OrderBias>;

/** Wordings that train held, and others. */
export const WordingMeans = z.strictObject({
  seen: Estimate, // mean of the main metric over the wordings; the rows' own among them
  unseen: Estimate,
  difference: Estimate, // seen - unseen
});
export type WordingMeans = z.infer<typeof WordingMeans>;

/** A row of test in one form, as the models read it. */
export const ShownText = z.strictObject({
  form: z.string(), // "as it is" among them
  seen: z.boolean().nullable(), // of wordings: whether train held it
  row: z.string(), // "86dd3d4686eb/test/17"
  template: z.string(), // id of the template that made the text
  templateHash: z.string().nullable(), // SHA-256 of its text; null: of a version that names none
  prompt: z.string(),
  answers: z.array(z.string()).nullable(), // that are scored behind it; null: the row's own free text
});
export type ShownText = z.infer<typeof ShownText>;

/** What a probe that shows rows in other forms came to, on one task. */
export const FormsOfTask = z.strictObject({
  probe: z.enum(VARIANT_PROBES),
  task: z.string(),
  kind: RowKind,
  metric: SliceMetric,
  title: z.string(), // of the metric, with its list
  unit: z.string(), // of what a model says of a row, in words
  rows: count, // of the subsample
  users: count,
  sentence: z.string(),
  forms: z.array(FormFigures), // in the order of the probe
  adapter: FormsTogether,
  base: FormsTogether,
  order: z
    .strictObject({ orders: z.number(), stable: z.boolean().nullable(), adapter: OrderBias, base: OrderBias }) // orders: beside their own, mean over the rows
    .nullable(), // null: another probe
  texts: z.array(ShownText), // a row as it is, then a text of each form; none: the probe was asked by a release that kept none
  wording: z.strictObject({ seen: count, unseen: count, adapter: WordingMeans, base: WordingMeans }).nullable(), // null: another probe
});
export type FormsOfTask = z.infer<typeof FormsOfTask>;

/** Whether the base model has read the catalogue: titles that it completes. */
export const Completion = z.strictObject({
  titles: count,
  chance: z.number(), // mean of 1 / number of endings
  right: Estimate, // share of the titles whose true ending is the likeliest, by mean log-likelihood a token; intervals by titles
  difference: Estimate, // right - chance
  finding: Finding,
  sentence: z.string(),
  surest: z.array(z.strictObject({ itemId: z.string(), given: z.string(), ending: z.string(), lead: z.number() })), // titles it knows best; nats a token before the next ending
});
export type Completion = z.infer<typeof Completion>;

/** A task's test rows as stock llama.cpp answers them. */
export const ServedTask = z.strictObject({
  task: z.string(),
  kind: RowKind,
  metric: SliceMetric,
  title: z.string(),
  unit: z.string(),
  rows: count,
  users: count,
  ours: Estimate, // main metric of our scores
  served: Estimate,
  difference: Estimate, // served - ours
  finding: Finding,
  change: Estimate, // mean distance of what is said of a row
  flips: Estimate,
  largest: z.number().nullable(), // distance
  largestRow: count.nullable(), // of test, that it is of
  sentence: z.string(),
});
export type ServedTask = z.infer<typeof ServedTask>;

/** The same rows by stock llama.cpp with the adapter, as a server would answer them, one at a time. */
export const Served = z.strictObject({
  engine: z.string(),
  threads: count,
  rows: count,
  users: count,
  p50: Estimate, // seconds a prompt; intervals by order statistics, rows taken as independent
  p99: Estimate,
  tokensPerSecond: Estimate, // of prompts
  promptsPerSecond: Estimate,
  tasks: z.array(ServedTask),
});
export type Served = z.infer<typeof Served>;

export const DOUBTS = ['learning', 'history', 'order', 'wording', 'titles', 'serving'] as const;

/** What takes away belief in the verdict, by the rules of metrics.md. It stands at the top of a report. */
export const Doubt = z.strictObject({ about: z.enum(DOUBTS), task: z.string(), sentence: z.string() });
export type Doubt = z.infer<typeof Doubt>;

/** What is known of how far a report's figures can be believed. */
export const Trust = z.strictObject({
  doubts: z.array(Doubt),
  calibration: z.array(Calibration), // by task, then model
  probes: z.array(ReportedProbe).length(PROBES.length), // all that there are, asked or not
  forms: z.array(FormsOfTask), // by probe, then task
  completion: Completion.nullable(), // null: not asked
  serving: Served.nullable(),
});
export type Trust = z.infer<typeof Trust>;
