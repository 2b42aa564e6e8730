// Our side of the benchmarks: the native programs of this tree, with the defaults that a user gets.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NativeScoreConfig, NativeTrainConfig, PROTOCOL, TrainOptions } from '../dist/index.js';
import { builtBinary } from '../dist/platform/native-build.js';
import { runNative, runNativeSeries } from '../dist/platform/native-program.js';
import { PredictOptions } from '../dist/trainers/predict.js';
import { nativeSettings } from '../dist/trainers/train.js';

/** A program of native/bench, by name. Throws when it was not built. */
export function nativeBench(name) {
  const path = join(dirname(builtBinary()), name);
  if (!existsSync(path)) throw new Error(`${path} is not built: cmake --build ${dirname(path)} --target ${name}`);
  return path;
}

/** GFLOP/s that the machine reaches right now with multiply-adds on registers only. */
export function measurePeak(threads) {
  return JSON.parse(execFileSync(nativeBench('bench-peak'), [String(threads)], { encoding: 'utf8' }));
}

/** The config of a training run, and a new folder under `folder` for it. `options` as in TrainOptions. */
export function trainConfig({ model, data, labels = null, options, folder }) {
  return NativeTrainConfig.parse({
    protocol: PROTOCOL,
    model,
    adapter: options.adapter ?? null,
    data,
    labels,
    runDirectory: mkdtempSync(join(folder, 'run-')),
    validation: null,
    cacheDirectory: join(folder, 'hidden-states'), // shared by the runs of one bench
    ...nativeSettings(TrainOptions.parse(options), model, Number.POSITIVE_INFINITY),
    resume: false,
  });
}

/** The config of a scoring, rows of any length, by default as many at once as `rectune predict` takes. */
export function scoreConfig({
  model,
  adapter = null,
  data,
  labels,
  threads,
  batchSize = PredictOptions.parse({}).batchSize ?? null,
}) {
  const config = { protocol: PROTOCOL, model, adapter, data, labels, maxLength: 0, sharePrefixes: true, batchSize };
  const { device, precision } = PredictOptions.parse({});
  return NativeScoreConfig.parse({ ...config, merged: null, skip: [], device, precision, threads });
}

/**
 * Trains, and tells what happened. The run's folder goes afterwards.
 *
 * onEvent  called with each run event as it comes
 * onDone   called before the folder goes
 * returns  steps: one event each; seconds: of each step but the first, which pays for the start; done: the last event
 */
export async function trainSteps(config, { onEvent = () => {}, onDone = () => {} } = {}) {
  const events = [];
  try {
    for await (const event of runNative('train', config)) {
      onEvent(event);
      events.push(event);
    }
    onDone();
  } finally {
    rmSync(config.runDirectory, { recursive: true, force: true });
  }
  const steps = events.filter(({ event }) => event === 'step');
  const seconds = steps.slice(1).map((step, i) => step.seconds - steps[i].seconds);
  return { events, steps, seconds, done: events.at(-1) };
}

/**
 * Trains several configs in one process. The runs' folders go afterwards.
 *
 * onDone   called before the folders go
 * returns  runs: the events of each; done: the last event, of the whole series
 */
export async function trainSeries(configs, { onDone = () => {} } = {}) {
  const runs = configs.map(() => []);
  let done;
  try {
    for await (const { event, run } of runNativeSeries({ protocol: PROTOCOL, runs: configs })) {
      if (run === undefined) done = event;
      else runs[run].push(event);
    }
    onDone();
  } finally {
    for (const { runDirectory } of configs) rmSync(runDirectory, { recursive: true, force: true });
  }
  return { runs, done };
}
