import { z } from 'zod';
import { ChoiceScore } from './prediction.js';
import { ServedAnswer } from './probe.js';
import { PROTOCOL } from './run-config.js';
import { RankedTitles } from './title-ranking.js';
import { InspectedRow, Token } from './token-row.js';

const count = z.number().int().nonnegative();
const finite = z.number();

/** What native/ can be asked to do. */
const Verb = z.enum([
  'train',
  'estimate',
  'series',
  'score',
  'init',
  'merge',
  'generate',
  'serve',
  'rank',
  'inspect',
  'fit',
  'measure',
]);

/**
 * What native/ says on stdout, one JSON object a line, in this order: start first; done or error last (docs/protocol.md).
 * Losses are mean nats a loss token; seconds are wall time since start.
 */
export const RunEvent = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('start'),
    protocol: z.literal(PROTOCOL),
    verb: Verb,
    program: z.string(), // version of native/
    ggml: z.string(), // version of the library, equal to that of the headers
    kernel: z.string(), // instruction set of the CPU kernels
    threads: count,
  }),
  z.strictObject({
    event: z.literal('model'),
    architecture: z.string(),
    blocks: count,
    width: count,
    vocabulary: count,
    parameters: count,
    types: z.record(z.string(), count), // tensors by stored type, e.g. {"q4_1": 210, "f32": 61}
  }),
  z.strictObject({
    event: z.literal('data'),
    rows: count,
    tokens: count, // real tokens of all rows
    columns: count, // tokens computed in one pass over the rows, shared prefixes once
    lossTokens: count, // 0 for score
    longest: count,
    truncatedRows: count,
  }),
  z.strictObject({ event: z.literal('truncated'), row: count, droppedHistory: count }),
  z.strictObject({
    event: z.literal('parity'), // own forward pass against libllama on an F32 copy of a few blocks
    rows: count,
    blocks: count,
    maxDifference: finite, // largest difference of a logit
    tolerance: finite,
  }),
  z.strictObject({
    event: z.literal('serving-gap'), // own log-odds against libllama on the model file as it is served
    rows: count,
    maxDifference: finite,
  }),
  z.strictObject({
    event: z.literal('device'), // only when it is not the CPU: own passes there against the CPU's, on the first blocks
    kind: z.enum(['cuda', 'vulkan']),
    name: z.string(), // of the hardware, as its driver says it
    memory: count, // bytes
    weights: z.string(), // type of the weights there, as ggml names it, e.g. "bf16"
    precision: z.enum(['f32', 'bf16', 'fp16']), // the same as --precision names it
    difference: finite, // relative L2 distance of logits and gradients, the larger
    tolerance: finite,
  }),
  z.strictObject({
    event: z.literal('precision'), // of products with frozen weights on the CPU
    asked: z.enum(['auto', 'f32', 'bf16', 'fp16']), // or what the run was begun with, when it goes on
    chosen: z.enum(['f32', 'bf16', 'fp16']),
    difference: finite.nullable(), // from f32: relative L2 distance of logits and gradients, the larger; null in f32
    tolerance: finite.nullable(),
  }),
  z.strictObject({
    event: z.literal('adapter'),
    variant: z.enum(['lora', 'dora']), // dora: with magnitudes, which only Rectune reads
    tensors: count,
    parameters: count, // that are trained
    rank: count, // of the tensors: with init pissa twice that of the settings
    alpha: finite,
    targets: z.array(z.string()),
  }),
  z.strictObject({
    event: z.literal('validation-plan'), // before the first step of a run that evaluates on valid
    rows: count,
    columns: count, // tokens computed in one evaluation
    every: count, // steps between evaluations; 0: one would cost more than 5 % of the run, and nobody asked for it
    evaluations: count, // in all
    share: finite, // of the run's work that they are, by columns
  }),
  z.strictObject({
    event: z.literal('estimate'), // before anything long, and again before the first step, with the time
    memory: count, // bytes of the whole process, at its largest
    parts: z.strictObject({
      program: count, // with libraries, vocabulary and rows
      weights: count, // as the model's file has them
      adapter: count, // with gradients, moments and a checkpoint on its way
      activations: count, // intermediate results of the largest pass
      hiddenStates: count,
      kernels: count, // working memory of the threads
      copies: count, // of the model: the parity gate's, or of a tensor on its way into a merged file
    }),
    phase: z.enum(['parity', 'hidden states', 'training', 'checkpoint', 'merged model']), // in which it is largest
    limit: count.nullable(), // bytes that may be taken; null: the system does not say
    recompute: z.boolean(),
    hiddenStates: z.enum(['memory', 'disk', 'nowhere']),
    steps: count,
    columns: count, // tokens computed in all steps
    remaining: finite.nullable(), // seconds from here to the end; null: not measured
  }),
  z.strictObject({
    event: z.literal('hidden-states'), // of the frozen blocks below the lowest adapter
    split: z.enum(['train', 'valid']), // whose rows: those that are trained on, or those of evaluations
    block: count, // the lowest adapted block
    columns: count, // distinct prefixes of all rows
    bytes: count, // that their states take, or would take
    place: z.enum(['memory', 'disk', 'nowhere']),
    precision: z.enum(['f32', 'f16']),
    reason: z.string(), // of the place
    reused: z.boolean(), // found on disk, or computed by an earlier run of a series
    seconds: finite,
  }),
  z.strictObject({ event: z.literal('resumed'), step: count, checkpoint: z.string() }),
  z.strictObject({
    event: z.literal('step'),
    step: count, // from 1
    steps: count, // in all
    epoch: count, // from 1: the epoch of the step's first row
    loss: finite, // before the step's update
    learningRate: finite,
    gradientNorm: finite, // L2, before clipping
    tokens: count, // real tokens of the step's rows
    columns: count, // tokens computed
    lossTokens: count,
    seconds: finite,
  }),
  z.strictObject({
    event: z.literal('validation'), // after a step
    step: count,
    auc: finite,
    logOdds: z.array(finite), // of the config's rows, in their order
    best: z.boolean(), // better than all before
    took: finite, // seconds of this evaluation
    seconds: finite,
  }),
  z.strictObject({
    event: z.literal('kept'), // at the end of a run that evaluated
    step: count, // whose adapter is written
    lastStep: count, // the last that was made
    auc: finite, // the best
    stoppedEarly: z.boolean(), // by patience
  }),
  z.strictObject({ event: z.literal('checkpoint'), step: count, path: z.string() }),
  z.strictObject({
    event: z.literal('score'), // either logOdds and labelMass, of a row with two labels, or choices
    row: count,
    logOdds: finite.optional(), // logit of the positive label's token minus the other's
    labelMass: finite.optional(), // probability of the two label tokens together; small: the prompt does not elicit the format
    choices: z.array(ChoiceScore).min(1).optional(), // of a row with more labels or with choices, in their order
  }),
  ServedAnswer.extend({ event: z.literal('served') }), // a row is answered by stock llama.cpp
  RankedTitles.extend({ event: z.literal('ranked') }), // a row is answered by titles
  z.strictObject({
    event: z.literal('merging'), // before each tensor of the new model is made
    done: count, // tensors before it
    tensors: count, // in all
  }),
  z.strictObject({
    event: z.literal('prompts'), // of generate, serve and rank: those that are left to do
    prompts: count,
    tokens: count, // of them
    longest: count, // of all
  }),
  z.strictObject({
    event: z.literal('generated'), // a text is written
    id: count, // of its prompt
    text: z.string(),
    tokens: count, // of the text, without the one that ended it
    end: z.enum(['stop', 'length']), // by the model itself, or cut short by maxTokens
  }),
  z.strictObject({
    event: z.literal('vocabulary'), // of inspect, before the first row
    rows: count, // that will be told
    limit: count, // tokens that a row may have
    begin: Token.nullable(), // what every text begins with; null: nothing
    end: Token, // what ends an answer
  }),
  InspectedRow.extend({ event: z.literal('inspected') }),
  z.strictObject({
    event: z.literal('problem'), // of a row that was told before, or cannot be told
    row: count,
    what: z.string(),
    fix: z.string(),
  }),
  z.strictObject({
    event: z.literal('interactions'), // of fit, when all files are read
    users: count,
    items: count,
    interactions: count,
    rows: count, // to score
    validationRows: count,
  }),
  z.strictObject({
    event: z.literal('epoch'), // of fit, after each
    epoch: count, // from 1
    epochs: count, // at most
    loss: finite, // mean nats a training example, before each batch's update
    took: finite, // seconds of training
    value: finite.nullable(), // of the validation's metric; null: this epoch was not evaluated
    best: z.boolean(), // better than all before
    seconds: finite,
  }),
  z.strictObject({
    event: z.literal('fitted'), // before the first row is scored
    epochs: count, // that were made, in all attempts
    bestEpoch: count.nullable(), // whose parameters score the rows; null: those of the last epoch
    value: finite.nullable(), // of the best epoch, or of the one pass
    stoppedEarly: z.boolean(), // by patience
    seconds: finite,
  }),
  z.strictObject({ event: z.literal('scores'), row: count, scores: z.array(finite).min(1) }), // of candidates, in their order
  z.strictObject({
    event: z.literal('rank'), // of a row that ranks all items
    row: count,
    above: count, // items with a higher score than the target
    tied: count, // others with the same score
  }),
  z.strictObject({
    event: z.literal('kernel'), // of measure: the register-only peak first, then each kernel
    name: z.string(),
    gflops: finite.nullable(), // null: memory limits it, not arithmetic
    share: finite.nullable(), // of the peak
    gigabytesPerSecond: finite.nullable(), // read and written; null: arithmetic limits it
  }),
  z.strictObject({ event: z.literal('stopped'), step: count, checkpoint: z.string() }),
  z.strictObject({
    event: z.literal('error'),
    code: count,
    what: z.string(),
    where: z.string(),
    fix: z.string(),
  }),
  z.strictObject({
    event: z.literal('done'),
    verb: Verb,
    output: z.string().nullable(), // the file made: adapter or model
    seconds: finite,
    peakMemory: count, // bytes, of the whole process
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
