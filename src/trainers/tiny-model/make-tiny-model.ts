import { join } from 'node:path';
import { RectuneError } from '../../core/errors.js';
import type { InstructionLine } from '../../core/instruction.js';
import { type NativeMergeConfig, type NativeTrainConfig, PROTOCOL } from '../../core/run-config.js';
import { exists, remove, sha256, writeSealed } from '../../platform/files.js';
import { toJsonLines } from '../../platform/json-lines.js';
import { withLock } from '../../platform/lock.js';
import { type NativeVerb, runNative } from '../../platform/native-program.js';
import type { Execution } from '../execute-run.js';
import type { TinyModelSettings } from './settings.js';
import { learnVocabulary } from './vocabulary.js';

export interface TinyModelRequest extends Pick<Execution, 'signal' | 'onEvent' | 'onStderr'> {
  readonly folder: string; // the model goes into a folder below it, named by the hash of all that decides its bytes
  readonly settings: TinyModelSettings;
  readonly texts: readonly string[]; // what it reads
  readonly wording: readonly string[]; // more text for the vocabulary alone, so that no word of a prompt is spelt in letters
  readonly threads: number;
}

export interface TinyModel {
  readonly path: string; // GGUF
  readonly reused: boolean; // it was made before from the same texts and settings
}

/**
 * Makes a base model from nothing: learns a vocabulary, draws random weights (family llama), reads the texts once or more, and
 * merges what it learned. It learns as an adapter of full rank on all linear layers, so native/ needs nothing but its one trainer.
 * The same request gives the same bytes on the same machine. A model that is there is used again; one that is half made, made anew.
 *
 * throws  RectuneError 'stopped' when it was asked to stop, and what runNative throws
 */
export async function makeTinyModel(request: TinyModelRequest): Promise<TinyModel> {
  const { folder, settings, texts, wording } = request;
  const home = join(folder, sha256(JSON.stringify({ maker: 1, settings, texts, wording })).slice(0, 16));
  const path = join(home, 'base.gguf');
  if (exists(path)) return { path, reused: true };
  const waiting = (pid: number) => request.onStderr?.(`waiting for process ${pid}, which is making the model`);
  return withLock(`${home}.lock`, waiting, async () => {
    if (exists(path)) return { path, reused: true };
    const parts = {
      random: join(home, 'random.gguf'),
      texts: join(home, 'texts.jsonl'),
      pretraining: join(home, 'pretraining'),
    };
    for (const part of Object.values(parts)) remove(part);
    writeSealed(parts.texts, toJsonLines(texts.map(textLine)));
    await run('init', initConfig(settings, learnVocabulary([...texts, ...wording], settings.vocabulary), parts.random));
    const adapter = await run('train', pretrainConfig(request, parts.random, parts.texts, parts.pretraining));
    if (adapter === null) throw new Error('native said "done" for train without naming the adapter');
    const { threads } = request;
    const whole: NativeMergeConfig = {
      protocol: PROTOCOL,
      model: parts.random,
      adapter,
      output: path,
      type: 'f32',
      threads,
    };
    await run('merge', whole);
    for (const part of Object.values(parts)) remove(part); // what is left says all: the model
    return { path, reused: false };
  });

  async function run(verb: NativeVerb, config: unknown): Promise<string | null> {
    let output: string | null = null;
    try {
      for await (const event of runNative(verb, config, { signal: request.signal, onStderr: request.onStderr })) {
        if (event.event === 'done') output = event.output;
        request.onEvent?.(event);
      }
    } catch (error) {
      if (!(error instanceof RectuneError) || error.kind !== 'stopped') throw error;
      throw new RectuneError('stopped', 'stopped while the base model was made', home, 'give the same command again');
    }
    return output;
  }
}

/** A text as native/ reads it: no answer, no label, no marked values; with loss on all, every token but the first is learned. */
function textLine(prompt: string, row: number): InstructionLine {
  return { row, user: '', item: '', label: null, prompt, answer: '', values: [], history: [] };
}

function initConfig(settings: TinyModelSettings, vocabulary: ReturnType<typeof learnVocabulary>, output: string) {
  const { seed, blocks, width, heads, feedForward } = settings;
  const shape = { blocks, width, feedForward, heads, headsKv: heads, headWidth: width / heads, contextLength: 1024 };
  const { tokens, bos, eos } = vocabulary;
  const constants = { ropeBase: 10_000, rmsEpsilon: 1e-5 };
  return { protocol: PROTOCOL, output, architecture: 'llama', seed, ...shape, ...constants, tokens, bos, eos };
}

function pretrainConfig(
  { settings, threads }: TinyModelRequest,
  model: string,
  data: string,
  runDirectory: string,
): NativeTrainConfig {
  const { seed, width, epochs, batchSize, learningRate, warmupSteps } = settings;
  return {
    protocol: PROTOCOL,
    model,
    adapter: null,
    runDirectory,
    data,
    labels: null,
    rows: null,
    seed,
    epochs,
    steps: null,
    batchSize,
    microBatchSize: batchSize,
    learningRate,
    schedule: 'cosine',
    warmupSteps,
    weightDecay: 0,
    maxGradientNorm: 1,
    rank: width, // full: no layer is narrower than the model
    alpha: width,
    dropout: 0,
    targets: ['all-linear', 'output'], // the token embedding stays as it was drawn: nearly orthogonal, which is enough
    layers: 'all',
    scaling: 'standard',
    init: 'random',
    variant: 'lora',
    loraPlusRatio: 1,
    loss: 'all',
    objective: 'next-token',
    spikeFactor: 0,
    validation: null,
    shuffle: true,
    maxLength: 0,
    sharePrefixes: true,
    cacheHidden: 'off',
    cachePrecision: 'f32',
    cacheLimit: 0,
    cacheDirectory: '',
    recompute: 'auto',
    memoryLimit: null,
    device: 'cpu', // the same bytes everywhere
    precision: 'f32',
    checkpointEvery: 1_000_000, // it takes seconds: a stop begins anew
    threads,
    resume: false,
    mergedType: null,
  };
}
