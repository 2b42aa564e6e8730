import { z } from 'zod';
import { DatasetVersion } from './dataset-version.js';
import { ID_MODELS, IdModelStanding, isIdModel, ReportedFit } from './id-models.js';
import { Split } from './instruction.js';
import { Arithmetic } from './prediction.js';
import { Estimate, Finding, PairedTests } from './report-figures.js';
import { KeptRankingReport } from './report-rankings.js';
import { RowGroup } from './report-rows.js';
import { SeedFigures } from './report-seeds.js';
import { Trust } from './report-trust.js';
import { NativeTrainConfig } from './run-config.js';
import { Slice, TaskReport, WordingGap } from './task-report.js';
import { KeptWrittenReport } from './written-texts.js';

export { Estimate, Finding, PAIRED_TESTS, PairedTests } from './report-figures.js';

/** The version of the report's JSON form (docs/metrics.md). */
export const REPORT_FORMAT = 10;

const count = z.number().int().nonnegative();

/** Everything a user may set about a report. The only place where a default stands. */
export const ReportOptions = z.strictObject({
  resamples: z.coerce.number().int().min(100).max(1_000_000).default(2000).describe('bootstrap resamples of users'),
  bootstrapSeed: z.coerce.number().int().nonnegative().default(1).describe('draws the resampled users'),
  interval: z
    .enum(['percentile', 'bca'])
    .default('percentile')
    .describe('how its ends are taken from the resamples; bca: bias-corrected and accelerated'),
  level: z.coerce.number().gt(0).lt(1).default(0.95).describe('share of the distribution an interval holds'),
});
export type ReportOptions = z.infer<typeof ReportOptions>;

/** The models that know nothing but counts. A report says whether the adapter beats the best of them. */
export const BASELINES = [
  'liked-share',
  'last-label',
  'user-like-rate',
  'item-like-rate',
  'target-count',
  'majority-class',
] as const;
/** Everything that gives a score for each row, models before trivial baselines; a log-odds, but of the count. */
export const MODELS = ['adapter', 'base', ...BASELINES] as const;
export type OddsModelId = (typeof MODELS)[number];

/** What may stand in a table: those, then models of users and items, whose scores are on scales of their own. */
export const ModelId = z.enum([...MODELS, ...ID_MODELS]);
export type ModelId = z.infer<typeof ModelId>;

/** Whether a model's scores are log-odds: of others only what their order decides is defined. */
export function givesProbabilities(model: ModelId): boolean {
  return model !== 'target-count' && !isIdModel(model);
}

export const BaselineId = z.enum(BASELINES);
export type BaselineId = z.infer<typeof BaselineId>;

export const MODEL_TITLES: Readonly<Record<OddsModelId, string>> = {
  adapter: 'adapter',
  base: 'base model without adapter',
  'liked-share': 'liked share of the shown history',
  'last-label': 'label of the last item shown',
  'user-like-rate': "user's like rate in train",
  'item-like-rate': "target's like rate in train",
  'target-count': "target's popularity in train",
  'majority-class': 'majority class of train',
};

export const METRICS = ['auc', 'uauc', 'uaucByRows', 'logLoss', 'accuracy', 'f1', 'brier'] as const;
export const MetricId = z.enum(METRICS);
export type MetricId = z.infer<typeof MetricId>;

/** The first model minus the second on the same rows, with the same resampled users for both. */
export const PairedDifference = z.strictObject({
  split: Split,
  metric: MetricId,
  first: ModelId,
  second: ModelId,
  difference: Estimate,
  shareAboveZero: z.number().nullable(), // share of the resamples whose difference is above 0
  tests: PairedTests,
  finding: Finding,
});
export type PairedDifference = z.infer<typeof PairedDifference>;

/** All models on the rows of one split. */
export const SplitResult = z.strictObject({
  split: Split,
  rows: count,
  liked: count,
  users: count,
  usersWithBothLabels: count, // those that UAUC is a mean over
  models: z.array(z.strictObject({ model: ModelId, metrics: z.record(MetricId, Estimate) })), // of counts and ID models only what the order of scores decides is defined
  delong: z.array(z.strictObject({ model: ModelId, low: z.number(), high: z.number() })), // DeLong's interval of AUC; none where a user has several rows: they are not independent
  notDefined: z.array(z.strictObject({ metric: MetricId, reason: z.string() })), // metrics that have no value of a model that could have one, and why
});
export type SplitResult = z.infer<typeof SplitResult>;

export const RocCurve = z.strictObject({
  model: ModelId,
  points: z.array(z.tuple([z.number(), z.number()])), // [share of not liked, share of liked] at or above a threshold, from [0, 0] to [1, 1]
});
export type RocCurve = z.infer<typeof RocCurve>;

export const PrecisionRecallCurve = z.strictObject({
  model: ModelId,
  points: z.array(z.tuple([z.number(), z.number()])), // [recall, precision] of the rows at or above a threshold, by rising recall
});
export type PrecisionRecallCurve = z.infer<typeof PrecisionRecallCurve>;

/** Rows of one bin of predicted probability; empty bins are not listed. */
export const ReliabilityBin = z.strictObject({
  low: z.number(), // bin is [low, high); the last one includes 1
  high: z.number(),
  rows: count.positive(),
  meanProbability: z.number(),
  likedShare: z.number(),
});
export type ReliabilityBin = z.infer<typeof ReliabilityBin>;

export const ReliabilityCurve = z.strictObject({
  model: ModelId,
  expectedCalibrationError: z.number().nullable(),
  bins: z.array(ReliabilityBin),
});
export type ReliabilityCurve = z.infer<typeof ReliabilityCurve>;

export const LossPoint = z.strictObject({ step: count, epoch: count, loss: z.number(), learningRate: z.number() });
export type LossPoint = z.infer<typeof LossPoint>;

/** Settings of the training without its paths: a report is the same wherever the studio lies. */
export const ReportedSettings = NativeTrainConfig.omit({
  protocol: true,
  model: true,
  adapter: true,
  runDirectory: true,
  data: true,
  cacheHidden: true,
  cacheLimit: true,
  cacheDirectory: true,
  rows: true,
  validation: true,
  resume: true,
}).extend({
  rows: count, // rows of train that the run learned from
  startAdapter: z.string().nullable(), // file name of the adapter it continued from
});
export type ReportedSettings = z.infer<typeof ReportedSettings>;

/** An earlier training of the same adapter (TALLRec trains it on instructions first, then on the log). */
export const Stage = z.strictObject({
  run: z.string().nullable(), // null: an adapter from elsewhere, of which no run of the studio is known
  version: z.string().nullable(), // name and hash of the dataset version
  adapterHash: z.string(),
});
export type Stage = z.infer<typeof Stage>;

export const Report = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  madeAt: z.string(), // ISO 8601, UTC
  program: z.string(), // rectune version that made the report
  options: ReportOptions,
  overview: z.string().nullable(), // of a version that mixes tasks: which of them beat their best trivial baseline; null: judgements alone
  verdicts: z.array(z.strictObject({ against: ModelId, finding: Finding, sentence: z.string() })), // of judgements; against the best baseline first
  baseline: z.strictObject({ model: BaselineId, chosenBy: z.string() }).nullable(), // the baseline of the verdict and why this one; null: no judgements
  warnings: z.array(z.string()),
  version: DatasetVersion,
  run: z.strictObject({
    id: z.string(),
    status: z.string(),
    startedAt: z.string(),
    configHash: z.string(),
    modelFile: z.string(), // file name without its folder
    modelHash: z.string(),
    adapterHash: z.string(),
    stages: z.array(Stage), // that its adapter went through before, the first one first
    settings: ReportedSettings,
  }),
  splits: z.array(SplitResult), // judgements: test, then valid; without judgements none
  differences: z.array(PairedDifference),
  tasks: z.array(TaskReport), // the other tasks of a version that mixes several
  written: KeptWrittenReport.nullable(), // texts behind rows that are answered by free text; null when nobody asked for them
  rankings: z.array(KeptRankingReport), // by titles that the model wrote or candidates that it judged; none when nobody asked for one
  slices: z.array(Slice), // of the test rows of such a version
  wordings: z.array(WordingGap),
  idModels: IdModelStanding.extend({ fits: z.array(ReportedFit) }), // fits: of all tasks; the rest is about judgements
  seeds: z.array(SeedFigures), // an entry a task; none when there is no such run beside this one
  trust: Trust,
  curves: z.strictObject({
    split: Split,
    roc: z.array(RocCurve),
    precisionRecall: z.array(PrecisionRecallCurve),
    reliability: z.array(ReliabilityCurve),
    loss: z.array(LossPoint),
  }),
  rows: z.strictObject({
    sha256: z.string(), // of rows.jsonl, which has all of them
    groups: z.array(RowGroup), // behind the figures: of each task and split, then of the parts of test
  }),
  serving: z.strictObject({
    predictions: z.array(
      z.strictObject({
        model: z.enum(['adapter', 'base']),
        split: Split,
        set: z.string(),
        sha256: z.string(), // of what the store keeps of it
        ...Arithmetic.shape, // that the log-odds were computed in
        labelMass: z.number(),
        truncatedRows: z.array(count), // rows that lost their oldest history to the length limit
      }),
    ),
    parity: z.strictObject({ rows: count, blocks: count, maxDifference: z.number(), tolerance: z.number() }).nullable(), // null: the run recorded none
    truncatedTrainRows: count.nullable(),
    largestChange: z.number().nullable(), // largest |adapter - base| of a log-odds over all scored rows
  }),
  validation: z // evaluations on valid while training; null: the run made none
    .strictObject({
      rows: count,
      users: count,
      every: count.nullable(), // steps
      seconds: z.number(), // that they took
      points: z.array(z.strictObject({ step: count, auc: Estimate })),
      keptStep: count.nullable(), // whose adapter is the run's
      lastStep: count.nullable(),
      stoppedEarly: z.boolean(),
    })
    .nullable(),
  training: z.strictObject({
    native: z.string().nullable(), // versions and machine facts the run recorded; null: it recorded none
    ggml: z.string().nullable(),
    kernel: z.string().nullable(),
    device: z.string().nullable(), // that was chosen: "cpu", or the kind and the name of the hardware
    precision: Arithmetic.shape.precision.nullable(), // that was chosen
    architecture: z.string().nullable(),
    parameters: count.nullable(),
    adapterParameters: count.nullable(),
    seconds: z.number().nullable(),
    peakMemory: count.nullable(), // bytes
  }),
});
export type Report = z.infer<typeof Report>;
