import { z } from 'zod';

/** The version of the config and event format between TypeScript and native/ (docs/protocol.md). */
export const PROTOCOL = 2;

/** Passes over the rows when neither epochs nor steps are given. No default of the schema: it would stand beside given steps. */
export const DEFAULT_EPOCHS = 3;

/** The layers that may get an adapter: those of a block in the order in which it computes them, the output head, the token embedding. No model has them all. */
export const LINEAR_LAYERS = [
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_qkv', // where a family fuses the three (Phi 3)
  'attn_output',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
  'output',
  'token_embd',
] as const;

/** What tells the tensors of one adapter from those of another; its output is scaled by alpha / rank. */
export type AdapterShape = Pick<
  NativeTrainConfig,
  'rank' | 'alpha' | 'targets' | 'layers' | 'scaling' | 'init' | 'variant'
>;

/** The adapter of a run that names neither a start adapter nor a shape. No default of the schema: it would contradict a start adapter. */
export const ADAPTER_SHAPE: AdapterShape = {
  rank: 8,
  alpha: 16,
  targets: ['attn_q', 'attn_v'],
  layers: 'all',
  scaling: 'standard',
  init: 'random',
  variant: 'lora',
};

/** What alpha is divided by: the rank, or its square root (rsLoRA, arXiv:2312.03732). */
const Scaling = z.enum(['standard', 'rslora']);

/** Where an adapter begins: at random numbers, or at the largest singular vectors of the weights (PiSSA, arXiv:2404.02948). */
const Init = z.enum(['random', 'pissa']);

/** A plain LoRA, or one with a magnitude for each output (DoRA, arXiv:2402.09353). */
const Variant = z.enum(['lora', 'dora']);

/** The stored types of a merged model. */
export const MergedType = z.enum(['f32', 'f16', 'bf16', 'q8_0']);
export type MergedType = z.infer<typeof MergedType>;

const wholeNumber = z.coerce.number().int();
const measure = z.coerce.number();
const threads = wholeNumber.positive().max(512); // ggml takes no more (GGML_MAX_N_THREADS): it aborts

const layers = z.string().regex(/^(all|(last|first):\d{1,9}|\d{1,9}-\d{1,9})$/, 'not one of all, last:N, first:N, A-B');
const device = z.enum(['auto', 'cpu', 'cuda', 'vulkan']);
const precision = z.enum(['auto', 'f32', 'bf16', 'fp16']);

const recompute = z.enum(['auto', 'on', 'off']);

/** Bytes, or a number with a unit behind it: 512M, 1.5G, 8GB; units are powers of 1024. */
const byteSize = z.preprocess((value) => bytesOf(value) ?? value, wholeNumber.nonnegative()).meta({ value: 'size' });

/** Given again as metadata: JSON schema tells no default of what is read in another form. */
const CACHE_LIMIT = 4 * 2 ** 30;

function bytesOf(value: unknown): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(String(value)) ?? [];
  return digits === undefined
    ? undefined
    : Math.round(Number(digits) * 1024 ** ('kmgt'.indexOf(unit.toLowerCase()) + 1));
}

const objective = z.enum(['next-token', 'label-softmax', 'pairwise']);

const otherwise = (key: keyof AdapterShape) => `without it the start adapter's, else ${ADAPTER_SHAPE[key]}`;

/** Everything a user may set about training. The only place where a default stands: help, config file and docs come from here. */
export const TrainOptions = z.strictObject({
  adapter: z.string().optional().describe('continue from this adapter: a GGUF file, or a run of this studio'),
  shots: wholeNumber
    .positive()
    .optional()
    .describe('train on this many rows of train, drawn by the seed; all rows without it'),
  seed: wholeNumber.nonnegative().default(1).describe('draws shots, order, initial adapter and dropout'),
  epochs: wholeNumber
    .positive()
    .optional()
    .describe(`passes over the chosen rows; ${DEFAULT_EPOCHS} without --epochs and --steps`),
  steps: wholeNumber.positive().optional().describe('optimiser steps, instead of --epochs'),
  batchSize: wholeNumber.positive().default(8).describe('rows a step'),
  microBatchSize: wholeNumber
    .positive()
    .optional()
    .describe(
      'rows computed at once; without it as many as keep the activations at 0.85 GB, on an NVIDIA card at an eighth of its memory',
    ),
  learningRate: measure.positive().default(3e-4).describe('peak learning rate of AdamW'),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('constant').describe('learning rate after warm-up'),
  warmupSteps: wholeNumber.nonnegative().default(0).describe('steps of linear warm-up'),
  weightDecay: measure.nonnegative().default(0).describe('decoupled weight decay'),
  maxGradientNorm: measure.nonnegative().default(0).describe('clip the gradient to this L2 norm; 0: no clipping'),
  rank: wholeNumber
    .min(1)
    .max(512)
    .optional()
    .describe(`rank of the adapter; ${otherwise('rank')}`),
  alpha: measure
    .positive()
    .optional()
    .describe(`adapter scale: alpha / rank; ${otherwise('alpha')}`),
  scaling: Scaling.optional().describe(`rslora: alpha / sqrt(rank); ${otherwise('scaling')}`),
  init: Init.optional().describe(
    `pissa: begin at the largest singular vectors of the weights; the adapter has twice the rank then; ${otherwise('init')}`,
  ),
  variant: Variant.optional().describe(
    `dora: a magnitude for each output is learned, too; served as a merged model; ${otherwise('variant')}`,
  ),
  loraPlusRatio: measure.positive().default(1).describe("LoRA+: B's learning rate over A's; 16 is the paper's"),
  mergedType: MergedType.optional().describe(
    'also write merged.gguf, adapter and base model in one, of this type; dora does so in any case, f32 without it',
  ),
  dropout: measure.min(0).max(0.99).default(0).describe('dropout on the input of the adapter'),
  targets: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'a layer is named twice') // it would be another run of the same adapter
    .optional()
    .describe(
      `layers that get an adapter: names, patterns of full names ("blk.1?.attn_*", "*ffn*"), all-linear, output, token_embd; ${otherwise('targets')}`,
    ),
  layers: layers
    .optional()
    .describe(
      `blocks that get an adapter: all, last:N, first:N or A-B (from 0); nothing is computed backward below them; ${otherwise('layers')}`,
    ),
  loss: z.enum(['answer', 'all']).default('answer').describe('tokens that carry the loss'),
  objective: objective
    .default('next-token')
    .describe(
      'what is made small: the loss of the next token; label-softmax: the loss of the label among the labels alone; ' +
        'pairwise: that a liked row is not scored above one that is not (log-sigmoid of the difference of log-odds)',
    ),
  spikeFactor: measure
    .nonnegative()
    .refine((factor) => factor === 0 || factor > 1, 'neither 0 nor above 1')
    .default(20)
    .describe(
      'stop when the loss of a step is above so many times the median of the last 32 steps (counted as 0.5 nats at least); 0: never',
    ),
  shuffle: z.boolean().default(true).describe('new order of the rows each epoch'),
  maxLength: wholeNumber
    .nonnegative()
    .default(1024)
    .describe('longest row in tokens; drops the oldest history, never the label; 0: as long as the model allows'),
  sharePrefixes: z.boolean().default(true).describe('compute a prefix that rows share once'),
  evalEvery: wholeNumber
    .nonnegative()
    .optional()
    .describe(
      'steps between evaluations of AUC on valid; without it as often as costs at most 5 % of the run; 0: never',
    ),
  evalRows: wholeNumber
    .positive()
    .default(256)
    .describe('most rows of valid to evaluate on: of whole users, the same for every run on a version'),
  patience: wholeNumber
    .positive()
    .optional()
    .describe('stop after so many evaluations without a better AUC, and keep the adapter of the best one'),
  keep: z
    .enum(['last', 'best'])
    .default('last')
    .describe('the step whose adapter is kept: the last, or the best on valid'),
  cacheHidden: z
    .enum(['auto', 'memory', 'disk', 'off'])
    .default('auto')
    .describe(
      'where to keep the hidden states below the lowest adapter, which every epoch and seed can use again (see --layers)',
    ),
  cachePrecision: z
    .enum(['f32', 'f16'])
    .default('f32')
    .describe('how they are kept; f32 changes no bit of the adapter, f16 takes half the room'),
  cacheLimit: byteSize
    .default(CACHE_LIMIT)
    .meta({ otherwise: CACHE_LIMIT })
    .describe('most bytes they may take; of files, those used longest ago go'),
  recompute: recompute
    .default('auto')
    .describe(
      "compute each block's forward again in the backward instead of keeping it: less memory, a third more time, the same adapter; auto: when only that fits",
    ),
  memoryLimit: byteSize
    .optional()
    .describe('most memory that the run may take, such as 8G; without it what the machine leaves'),
  checkpointEvery: wholeNumber.positive().default(50).describe('steps between checkpoints'),
  device: device.default('auto').describe('where to compute; auto: a CUDA GPU, else a Vulkan GPU, else the CPU'),
  precision: precision
    .default('auto')
    .describe(
      'of products with frozen weights; auto: sixteen bits where the CPU is 1.25 times faster so, and on a GPU',
    ),
  threads: threads.optional().describe('CPU threads; without it the CPUs that this process may use, at most 16'),
});
export type TrainOptions = z.infer<typeof TrainOptions>;

/** What a user may set about merging an adapter into its base model. */
export const MergeOptions = z.strictObject({
  type: MergedType.default('f32').describe('of the matrices of the new model; where rows do not divide into q8_0, f16'),
});
export type MergeOptions = z.infer<typeof MergeOptions>;

/** What a user may set about looking at rows as tokens. */
export const InspectOptions = z.strictObject({
  maxLength: TrainOptions.shape.maxLength,
  threads: TrainOptions.shape.threads,
});
export type InspectOptions = z.infer<typeof InspectOptions>;

/** What a user may set about texts that a model writes. */
export const GenerateOptions = z.strictObject({
  chat: z.boolean().default(true).describe("put each prompt into the model's own chat template"),
  maxTokens: wholeNumber.positive().max(1_000_000).default(256).describe('longest text in tokens'),
  temperature: measure.min(0).max(100).default(0).describe('0: always the most probable token'),
  topP: measure
    .positive()
    .max(1)
    .default(1)
    .describe('draw from the most probable tokens that have this much together'),
  seed: wholeNumber.nonnegative().default(1).describe('draws the tokens, with the place of the prompt'),
  parallel: wholeNumber.positive().max(256).default(8).describe('texts written at once'),
  contextLength: wholeNumber
    .positive()
    .optional()
    .describe('most tokens of a prompt and its text; without it what the model was made for'),
  threads: threads.optional().describe('CPU threads; without it the CPUs that this process may use, at most 16'),
});
export type GenerateOptions = z.infer<typeof GenerateOptions>;

/** What a user may set about the quickstart. */
export const QuickstartOptions = z.strictObject({
  threads: threads.default(1).describe('CPU threads; for a model this small a second one costs more than it brings'),
});

/** What native/ evaluates on while it trains. */
export const NativeValidation = z.strictObject({
  data: z.string(), // instruction lines of the valid split
  rows: z.array(z.number().int().nonnegative()).min(1), // the rows to score, in this order
  every: z.number().int().positive().nullable(), // steps; null: as often as costs at most 5 % of the run's work
  patience: z.number().int().positive().nullable(), // evaluations without a better AUC after which the run stops; null: none
  keep: z.enum(['last', 'best']), // whose adapter is written at the end
});
export type NativeValidation = z.infer<typeof NativeValidation>;

/** The JSON file that native/ reads for `train`. Paths are absolute. An unknown key is an error there too. */
export const NativeTrainConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string().nullable(), // start from this adapter
  runDirectory: z.string(), // checkpoints/ and adapter.gguf are written there
  data: z.string(), // instruction lines of the train split
  labels: z.tuple([z.string(), z.string()]).nullable(), // so that a row too long for scoring is shortened alike; null: no labels
  rows: z.array(z.number().int().nonnegative()).nullable(), // the rows to train on, in this order; null: all, in file order
  seed: z.number().int().nonnegative(),
  epochs: z.number().int().positive().nullable(), // exactly one of epochs and steps is set
  steps: z.number().int().positive().nullable(),
  batchSize: z.number().int().positive(),
  microBatchSize: z.number().int().positive().nullable(), // rows; null: by tokens, as suits the model
  learningRate: z.number().positive(),
  schedule: z.enum(['constant', 'linear', 'cosine']),
  warmupSteps: z.number().int().nonnegative(),
  weightDecay: z.number().nonnegative(),
  maxGradientNorm: z.number().nonnegative(),
  rank: z.number().int().positive(),
  alpha: z.number().positive(),
  dropout: z.number().nonnegative(),
  targets: z.array(z.string()).min(1),
  scaling: Scaling,
  init: Init,
  variant: Variant,
  loraPlusRatio: z.number().positive(), // learning rate of B over that of A
  layers: z.string(), // the blocks that get an adapter: "all", "last:N", "first:N", "A-B"
  loss: z.enum(['answer', 'all']),
  objective,
  spikeFactor: z.number().nonnegative(), // a loss above so many times the recent median stops the run; 0: none does
  shuffle: z.boolean(),
  maxLength: z.number().int().nonnegative(),
  sharePrefixes: z.boolean(),
  validation: NativeValidation.nullable(), // null: no evaluation while training
  cacheHidden: z.enum(['auto', 'memory', 'disk', 'off']), // place of the hidden states at the cut
  cachePrecision: z.enum(['f32', 'f16']),
  cacheLimit: z.number().int().nonnegative(), // bytes
  cacheDirectory: z.string(), // for their files; made when it is needed
  recompute, // each block's forward in the backward; auto: when memory asks for it
  memoryLimit: z.number().int().nonnegative().nullable(), // bytes that the run may take; null: what the machine leaves
  checkpointEvery: z.number().int().positive(),
  device,
  precision,
  threads: z.number().int().positive(),
  resume: z.boolean(), // go on from the newest whole checkpoint in runDirectory
  mergedType: MergedType.nullable(), // also write merged.gguf there
});
export type NativeTrainConfig = z.infer<typeof NativeTrainConfig>;

/** The JSON file that native/ reads for `score`. */
export const NativeScoreConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string().nullable(),
  merged: z.string().nullable(), // the two as one model, when they are served so
  data: z.string(),
  labels: z.tuple([z.string(), z.string()]).nullable(), // the answer that counts as positive first; null: rows have their own
  maxLength: z.number().int().nonnegative(),
  sharePrefixes: z.boolean(),
  batchSize: z.number().int().positive().nullable(), // rows computed at once; null: by tokens
  skip: z.array(z.number().int().nonnegative()), // rows that were scored before
  device,
  precision,
  threads: z.number().int().positive(),
});
export type NativeScoreConfig = z.infer<typeof NativeScoreConfig>;

/** The JSON file that native/ reads for `serve`. */
export const NativeServeConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string().nullable(),
  data: z.string(), // instruction lines
  labels: z.tuple([z.string(), z.string()]).nullable(), // as for score
  rows: z.array(z.number().int().nonnegative()).nullable(), // numbers of rows, answered in this order; null: all
  maxLength: z.number().int().nonnegative(),
  threads: z.number().int().positive(),
});
export type NativeServeConfig = z.infer<typeof NativeServeConfig>;

/** The JSON file that native/ reads for `rank`. */
export const NativeRankConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string().nullable(),
  data: z.string(), // instruction lines
  rows: z.array(z.number().int().nonnegative()).nullable(), // as for serve
  titles: z.array(z.string()).min(1).nullable(), // null: each row's own choices
  maxLength: z.number().int().nonnegative(),
  beams: z.number().int().positive(),
  top: z.number().int().positive(), // titles that are told of a row; at most as many as beams
  threads: z.number().int().positive(),
});
export type NativeRankConfig = z.infer<typeof NativeRankConfig>;

/** The JSON file that native/ reads for `merge`. */
export const NativeMergeConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string(),
  output: z.string(),
  type: MergedType,
  threads: z.number().int().positive(),
});
export type NativeMergeConfig = z.infer<typeof NativeMergeConfig>;

/** The JSON file that native/ reads for `inspect`. */
export const NativeInspectConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  data: z.string(), // instruction lines of a split
  labels: z.tuple([z.string(), z.string()]).nullable(), // as for training
  rows: z.array(z.number().int().nonnegative()).nullable(), // null: all; told in file order
  maxLength: z.number().int().nonnegative(),
  pieces: z.boolean(), // tell each token
  threads: z.number().int().positive(),
});
export type NativeInspectConfig = z.infer<typeof NativeInspectConfig>;

/** The JSON file that native/ reads for `generate`. */
export const NativeGenerateConfig = z.strictObject({
  protocol: z.literal(PROTOCOL),
  model: z.string(),
  adapter: z.string().nullable(),
  prompts: z.string(), // JSON lines {"id", "system", "prompt"}
  chat: z.boolean(), // in the model's own chat template
  grammar: z.string().nullable(), // GBNF with a rule "root"
  maxTokens: z.number().int().positive(),
  temperature: z.number().nonnegative(), // 0: the most probable token
  topP: z.number().positive().max(1),
  seed: z.number().int().nonnegative(),
  parallel: z.number().int().positive(), // prompts in a group, in file order
  contextLength: z.number().int().positive().nullable(), // most tokens of a prompt and its text; null: the model's
  skip: z.array(z.number().int().nonnegative()), // ids of prompts whose text was told before
  threads: z.number().int().positive(),
});
export type NativeGenerateConfig = z.infer<typeof NativeGenerateConfig>;
