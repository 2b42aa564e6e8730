import { resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { DEFAULT_EPOCHS, type NativeTrainConfig, PROTOCOL, type TrainOptions } from '../core/run-config.js';
import { defaultThreads } from '../platform/cpu.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { adapterShape } from './adapter-shape.js';
import { type Execution, executeRun, type PlannedRun } from './execute-run.js';
import { hasCheckpoint } from './run-attempt.js';
import { isWhole, modelOf, noteOtherModel } from './run-files.js';
import { configHash, runId } from './run-identity.js';
import { begunBefore } from './run-state.js';
import { findVersion, sealedSplit } from './sealed-split.js';
import { drawShots } from './shots.js';
import { namedStartAdapter } from './start-adapter.js';
import { modelLayers } from './target-layers.js';
import { validationOf } from './validation-rows.js';

/** A finished run, and whether it was there already. */
export interface TrainResult {
  run: Run;
  adapter: string; // path
  reused: boolean;
}

/** What is asked of `train`. unfinished: when the run was cut short before, refuse and name --resume (without it), or go on. */
export type TrainRequest = {
  version: string; // name, hash or unique beginning of a hash
  model: string; // path of the base model's GGUF file
  options: TrainOptions;
  unfinished?: 'refuse' | 'resume';
} & Execution;

/** A run that is done already, or one to carry out. */
type Plan = (TrainResult & { reused: true }) | PlannedRun;

/**
 * Trains an adapter on a dataset version. The same version, model and settings are the same run: one that is done is
 * returned as it is, and one that was cut short is not begun anew behind the user's back.
 *
 * throws   RectuneError: usage (settings, or an unfinished run of that name), data, memory, diverged, stopped
 */
export async function trainRun(store: Store, request: TrainRequest): Promise<TrainResult> {
  return carriedOut(store, await planTraining(store, request), request);
}

/** What trainRun would do. */
export async function planTraining(store: Store, request: TrainRequest): Promise<Plan> {
  const { studio, options } = request;
  if (options.epochs !== undefined && options.steps !== undefined) {
    throw new RectuneError('usage', 'both --epochs and --steps are given', 'training options', 'give one of them');
  }
  const version = findVersion(store, request.version);
  const memory = studioLayout.fileHashes(studio);
  const modelHash = await rememberedSha256(request.model, memory);
  const start = options.adapter === undefined ? undefined : await namedStartAdapter(store, studio, options.adapter);
  if (start) noteOtherModel(start.madeBy, modelHash, request.onStderr);
  const data = await sealedSplit(studio, version, 'train');
  const settings = nativeSettings({ ...options, adapter: start?.path }, request.model, version.counts.train);
  const validation = await validationOf(store, studio, version, options);
  const files = {
    model: resolve(request.model),
    adapter: start?.path ?? null,
    data,
    labels: version.labels,
  };
  const unnamed: NativeTrainConfig = {
    protocol: PROTOCOL,
    ...files,
    runDirectory: '',
    ...settings,
    validation,
    cacheDirectory: '',
    resume: false,
  };
  const adapterHash = start?.from.hash ?? null;
  const hash = configHash(unnamed, { versionHash: version.hash, modelHash, adapterHash });
  const id = runId(version.name, hash);
  const config = { ...unnamed, ...placesOf(studio, id) };

  const known = store.runs.find(id);
  if (known && (await isWhole(studio, known))) return whole(store, studio, known, config.model);
  if (known && hasCheckpoint(config.runDirectory)) {
    // A run that is done but lost its adapter gets it back from its last checkpoint.
    if (known.status === 'done' || request.unfinished === 'resume') {
      const { adapter } = config;
      const { threads, spikeFactor, recompute, memoryLimit } = options;
      return planResume(store, { ...request, run: id, adapter, threads, spikeFactor, recompute, memoryLimit });
    }
    throw await begunBefore(studio, known);
  }
  const run: Run = {
    id,
    versionHash: version.hash,
    modelPath: config.model,
    modelHash,
    config,
    configHash: hash,
    startAdapter: start?.from ?? null,
    status: 'running',
    adapterHash: null,
    startedAt: request.now().toISOString(),
  };
  return { run, how: 'begin' };
}

async function carriedOut(store: Store, plan: Plan, execution: Execution): Promise<TrainResult> {
  return 'reused' in plan ? plan : trained(execution.studio, await executeRun(store, plan, execution));
}

/**
 * Goes on with a run that was stopped or failed, from its newest checkpoint and with its own settings; without a
 * checkpoint it begins anew. A run that is done is returned as it is.
 *
 * version  when given, must be the run's dataset version
 * model    when given, where the base model lies now; its content must be the run's
 * threads, spikeFactor, recompute  when given, take the place of the run's own: they change no bit of the adapter
 * memoryLimit  of this attempt; without it what the machine leaves
 * adapter  when given, where the start adapter lies now; the caller has checked its content
 */
export async function resumeRun(store: Store, request: ResumeRequest): Promise<TrainResult> {
  return carriedOut(store, await planResume(store, request), request);
}

type ResumeRequest = {
  run: string;
  version?: string | undefined;
  model?: string | undefined;
  threads?: number | undefined;
  spikeFactor?: number | undefined;
  recompute?: TrainOptions['recompute'] | undefined;
  memoryLimit?: number | undefined;
  adapter?: string | null | undefined;
} & Execution;

async function planResume(store: Store, request: ResumeRequest): Promise<Plan> {
  const run = store.runs.get(request.run);
  if (request.version !== undefined && findVersion(store, request.version).hash !== run.versionHash) {
    const fix = `leave the version out: rectune train --resume ${run.id}`;
    throw new RectuneError(
      'usage',
      `run ${run.id} was trained on another version than "${request.version}"`,
      '--resume',
      fix,
    );
  }
  const { studio } = request;
  if (await isWhole(studio, run)) return whole(store, studio, run, request.model);
  const model = await modelOf(store, studio, run, request.model);
  const version = findVersion(store, run.versionHash);
  const data = await sealedSplit(studio, version, 'train');
  const { validation: own } = run.config;
  const validation = own && { ...own, data: await sealedSplit(studio, version, 'valid') };
  const places = placesOf(studio, run.id);
  const threads = request.threads ?? run.config.threads;
  const spikeFactor = request.spikeFactor ?? run.config.spikeFactor;
  const recompute = request.recompute ?? run.config.recompute;
  const memoryLimit = request.memoryLimit ?? null;
  const adapter = request.adapter ?? run.config.adapter;
  const moved = {
    ...run,
    modelPath: model,
    config: {
      ...run.config,
      model,
      adapter,
      data,
      ...places,
      validation,
      threads,
      spikeFactor,
      recompute,
      memoryLimit,
    },
  };
  return { run: moved, how: hasCheckpoint(places.runDirectory) ? 'resume' : 'begin' };
}

function placesOf(studio: string, id: string) {
  return { runDirectory: studioLayout.run(studio, id), cacheDirectory: studioLayout.hiddenStates(studio) };
}

/** The result of a run that was just trained. */
export function trained(studio: string, run: Run): TrainResult {
  return { run, adapter: studioLayout.adapter(studio, run.id), reused: false };
}

/** A run that needs nothing. A model that is named must still be its own: a new place is remembered, another file refused. */
async function whole(store: Store, studio: string, run: Run, model: string | undefined) {
  const modelPath = model === undefined ? run.modelPath : await modelOf(store, studio, run, model);
  return { ...trained(studio, { ...run, modelPath }), reused: true as const };
}

/** The user's options as native/ reads them, defaults that depend on other values filled in. */
export function nativeSettings(options: TrainOptions, model: string, trainRows: number) {
  const { adapter: _, shots, epochs, steps, microBatchSize, threads, memoryLimit, mergedType, ...rest } = options;
  const { evalEvery: _every, evalRows: _rows, patience: _patience, keep: _keep, ...same } = rest; // validationOf reads these
  const shape = adapterShape(options, modelLayers(model));
  return {
    ...same,
    ...shape,
    rows: shots === undefined ? null : drawShots(shots, trainRows, options.seed),
    epochs: steps === undefined ? (epochs ?? DEFAULT_EPOCHS) : null,
    steps: steps ?? null,
    microBatchSize: microBatchSize === undefined ? null : Math.min(microBatchSize, options.batchSize),
    threads: threads ?? defaultThreads(),
    memoryLimit: memoryLimit ?? null,
    mergedType: mergedType ?? (shape.variant === 'dora' ? ('f32' as const) : null), // llama.cpp cannot serve the adapter itself
  };
}
