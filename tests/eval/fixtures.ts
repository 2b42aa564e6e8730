import { DatasetVersion } from '../../src/core/dataset-version.js';
import type { Instruction, Split } from '../../src/core/instruction.js';
import { type Prediction, PredictionSet } from '../../src/core/prediction.js';
import { Random } from '../../src/core/random.js';
import { ReportOptions } from '../../src/core/report.js';
import { Run } from '../../src/core/run.js';
import { PROTOCOL } from '../../src/core/run-config.js';
import type { RunEvent } from '../../src/core/run-event.js';
import type { Scored } from '../../src/eval/align-predictions.js';
import type { ReportInput } from '../../src/eval/report.js';
import type { SplitInput } from '../../src/eval/split-scores.js';
import { anyTrainConfig } from '../train-config.js';

const digest = (digit: string) => digit.repeat(64);
export const MODEL_HASH = digest('a');
export const ADAPTER_HASH = digest('b');
export const VERSION_HASH = digest('c');

/** How an invented world differs from the plain one. */
export interface World {
  users?: number; // of each split
  rowsPerUser?: number;
  adapterSkill?: number; // weight of the hidden taste in the adapter's log-odds; 0: it knows nothing
  baseSkill?: number;
  adapterEqualsBase?: boolean;
  generosity?: number; // spread of how much users like in general: what the liked share can see
  oneLabel?: boolean; // every test row is liked
  validRows?: boolean; // false: the version has no validation rows
  titles?: string; // put into every text field that comes from data
}

/** Invented instructions with what a perfect model would say of each: like = generosity of the user + appeal of the item + chance. */
export function inventRows(split: Split, world: World, seed = 7): { rows: Instruction[]; truth: number[] } {
  const { users = 20, rowsPerUser = 15, generosity = 1, oneLabel = false, titles = '' } = world;
  const random = new Random(seed, `rows of ${split}`);
  const rows: Instruction[] = [];
  const truth: number[] = [];
  for (let user = 0; user < users; user++) {
    const mean = generosity * random.normal();
    for (let k = 0; k < rowsPerUser; k++) {
      const item = random.integer(40);
      const appeal = ((item * 7) % 40) / 20 - 1; // the same for every split, rising and falling over the items
      const liking = mean + appeal + 0.7 * random.normal();
      truth.push(liking);
      rows.push({
        row: rows.length,
        split,
        userId: `${titles}${split} user ${user}`,
        itemId: `${titles}item ${item}`,
        label: oneLabel || random.uniform() < 1 / (1 + Math.exp(-liking)),
        choices: ['Yes.', 'No.'],
        scored: 'first-token',
        candidates: null,
        templateId: 'invented',
        templateVersion: 1,
        instruction: '',
        input: '',
        answer: 'Yes.',
        prompt: '',
        values: [],
        history: [],
        historyLabels: Array.from({ length: 10 }, () => random.uniform() < 1 / (1 + Math.exp(-mean))),
        target: rows.length,
        historyInteractions: [],
      });
    }
  }
  return { rows, truth };
}

export function scoredBy(rows: readonly Instruction[], logOdds: readonly number[], adapterHash: string | null): Scored {
  const split = rows[0]?.split ?? 'test';
  return {
    set: PredictionSet.parse({
      id: `set-${split}-${adapterHash === null ? 'base' : 'adapter'}`,
      versionHash: VERSION_HASH,
      split,
      modelHash: MODEL_HASH,
      adapterHash,
      runId: adapterHash === null ? null : 'tiny-bbbbbbbb',
      maxLength: inventedRun.config.maxLength,
      device: 'cpu',
      precision: 'f32',
      labelMass: 0.97,
    }),
    predictions: rows.map(
      ({ row, userId, itemId, label }, i): Prediction => ({
        row,
        user: userId,
        item: itemId,
        label: label === true,
        logOdds: logOdds[i] as number,
        choices: null,
        droppedHistory: 0,
      }),
    ),
  };
}

export function inventSplit(split: Split, world: World): SplitInput {
  const { adapterSkill = 1, baseSkill = 0.2, adapterEqualsBase = false } = world;
  const { rows, truth } = inventRows(split, world);
  const random = new Random(11, `scores of ${split}`);
  const base = truth.map((liking) => baseSkill * liking + random.normal());
  const adapter = adapterEqualsBase ? base : truth.map((liking) => adapterSkill * liking + 0.5 * random.normal());
  return { instructions: rows, adapter: scoredBy(rows, adapter, ADAPTER_HASH), base: scoredBy(rows, base, null) };
}

export const inventedEvents: readonly RunEvent[] = [
  { event: 'start', protocol: PROTOCOL, verb: 'train', program: '0.1.0', ggml: '0.9.4', kernel: 'avx2', threads: 2 },
  {
    event: 'model',
    architecture: 'llama',
    blocks: 5,
    width: 64,
    vocabulary: 512,
    parameters: 260_000,
    types: { f32: 47 },
  },
  { event: 'data', rows: 64, tokens: 9000, columns: 8000, lossTokens: 128, longest: 160, truncatedRows: 3 },
  { event: 'parity', rows: 4, blocks: 2, maxDifference: 2.1e-5, tolerance: 1e-3 },
  { event: 'precision', asked: 'auto', chosen: 'bf16', difference: 0.004, tolerance: 0.05 },
  { event: 'serving-gap', rows: 4, maxDifference: 0.183 },
  {
    event: 'adapter',
    variant: 'lora',
    tensors: 20,
    parameters: 10_240,
    rank: 8,
    alpha: 16,
    targets: ['attn_q', 'attn_v'],
  },
  ...Array.from(
    { length: 60 },
    (_, i): RunEvent => ({
      event: 'step',
      step: i + 1,
      steps: 60,
      epoch: 1 + Math.floor(i / 20),
      loss: 0.69 + Math.exp(-i / 12) + 0.05 * Math.sin(2.3 * i),
      learningRate: 3e-4,
      gradientNorm: 1.5,
      tokens: 900,
      columns: 800,
      lossTokens: 16,
      seconds: i,
    }),
  ),
  { event: 'done', verb: 'train', output: 'adapter.gguf', seconds: 61.5, peakMemory: 300 * 2 ** 20 },
];

export const inventedRun = Run.parse({
  id: 'tiny-bbbbbbbb',
  versionHash: VERSION_HASH,
  modelPath: '/somewhere/models/tiny.gguf',
  modelHash: MODEL_HASH,
  config: {
    ...anyTrainConfig,
    model: '/somewhere/models/tiny.gguf',
    runDirectory: '/somewhere/runs/tiny-bbbbbbbb',
    data: '/somewhere/versions/c/train.jsonl',
    labels: ['Yes.', 'No.'],
    rows: Array.from({ length: 64 }, (_, i) => i),
    epochs: 3,
    learningRate: 3e-4,
    targets: ['attn_q', 'attn_v'],
    threads: 2,
  },
  configHash: digest('d'),
  status: 'done',
  adapterHash: ADAPTER_HASH,
  startAdapter: null,
  startedAt: '2026-11-24T01:00:00.000Z',
});

export function inventVersion(world: World, splits: Record<Split, readonly Instruction[]>): DatasetVersion {
  const { titles = '' } = world;
  const of = (count: (rows: readonly Instruction[]) => number) => ({
    train: count(splits.train),
    valid: count(splits.valid),
    test: count(splits.test),
  });
  return DatasetVersion.parse({
    hash: VERSION_HASH,
    name: `${titles}tiny`,
    recipe: {
      id: `${titles}tiny`,
      wrapper: 'Below is:\n### Response:\n',
      like: { kind: 'rating-above', threshold: 3 },
    },
    recipeHash: digest('e'),
    sourceId: `${titles}tiny-log`,
    sourceHash: digest('f'),
    labels: ['Yes.', 'No.'],
    split: { kind: 'row-order', leaks: `${titles}A user may stand on both sides of a cut.` },
    templates: [{ id: 'invented', version: 1, hash: digest('1') }],
    counts: {
      ...of((rows) => rows.length),
      users: of((rows) => new Set(rows.map(({ userId }) => userId)).size),
      liked: of((rows) => rows.filter(({ label }) => label).length),
    },
    checks: { leftOut: { zeroRatings: 0, missingTitles: 17 }, twinPrompts: { valid: 2, test: 1234 } },
    files: { train: digest('2'), valid: digest('3'), test: digest('4') },
    program: '0.1.0',
  });
}

/** A whole input for makeReport. The numbers are invented; the seed is fixed. */
export function inventInput(world: World = {}, change: Partial<ReportInput> = {}): ReportInput {
  const train = inventRows('train', { ...world, users: 60, oneLabel: false }).rows;
  const valid = inventSplit('valid', { ...world, oneLabel: false });
  const test = inventSplit('test', world);
  const hasValid = world.validRows !== false;
  return {
    version: inventVersion(world, {
      train,
      valid: hasValid ? (valid.instructions as Instruction[]) : [],
      test: test.instructions as Instruction[],
    }),
    run: inventedRun,
    stages: [],
    siblings: [],
    fits: [],
    events: inventedEvents,
    train,
    log: () => [],
    valid: hasValid ? valid : undefined,
    test,
    rankings: [],
    probes: [],
    options: ReportOptions.parse({ resamples: 200 }),
    madeAt: new Date('2026-11-24T02:00:00Z'),
    program: '0.1.0',
    ...change,
  };
}
