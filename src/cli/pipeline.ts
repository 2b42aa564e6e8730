import { isAbsolute, join, resolve } from 'node:path';
import { buildVersion } from '../builders/build-version.js';
import { type LoadedRecipe, loadRecipe, recipeFolder } from '../builders/load-recipe.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import type { Report } from '../core/report.js';
import type { Run } from '../core/run.js';
import { TrainOptions } from '../core/run-config.js';
import type { Source } from '../core/source.js';
import { checkReportFolder } from '../eval/report/write.js';
import { reportRun } from '../eval/report-run.js';
import { requireGguf } from '../platform/gguf-file.js';
import { studioLayout } from '../platform/studio.js';
import { findSpec } from '../sources/find-spec.js';
import { importLog } from '../sources/import-log.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { PredictOptions, predictRun, reportedSplits } from '../trainers/predict.js';
import { proveMask } from '../trainers/prove-mask.js';
import { readSeeds, trainSeries } from '../trainers/series.js';
import { type TrainResult, trainRun } from '../trainers/train.js';
import type { Stoppable } from './signals.js';
import { localTeacher } from './teacher.js';

/** What to carry through. */
export interface PipelineRequest extends Omit<Execution, 'signal'> {
  stoppable: Stoppable; // goes round training and predicting; a signal at another time ends the program at once
  recipe: string; // path, or name of a recipe of the package
  log: string | undefined; // folder of the log; without it the recipe's source must be imported already
  model: string; // GGUF file
  teacher?: string | undefined; // GGUF file that writes the texts which the recipe wants of a model
  train: Partial<TrainOptions>; // takes the place of what the recipe's train section says
  reportDirectory: string | undefined; // reports/<run> of the studio without it
  program: string; // version of rectune, for the manifest
  onStage: (line: string) => void;
  onReading?: ((read: { file: string; bytes: number; size: number }) => void) | undefined;
}

/** What each stage made. */
export interface PipelineResult {
  source: Source | undefined;
  version: DatasetVersion;
  run: Run;
  adapter: string; // path
  report: Report;
  directory: string;
}

/**
 * A recipe from the log to the report: import, build, train, predict, report. Each stage finds by hashes whether its work
 * is there already, so giving the same command again does only what is missing; a stopped training goes on.
 *
 * openStore  called when recipe, model and log are found: a mistyped name makes no studio
 * throws     RectuneError of the stage that failed; what earlier stages made stays
 */
export async function runPipeline(openStore: () => Store, request: PipelineRequest): Promise<PipelineResult> {
  const ground = await built(openStore, request);
  return reported(ground, await trainedAndScored(ground, request), request);
}

/** What training stands on. */
interface Built {
  store: Store;
  options: TrainOptions;
  source: Source | undefined;
  version: DatasetVersion;
}

async function built(openStore: () => Store, request: PipelineRequest): Promise<Built> {
  const { studio, now, program, onStage } = request;
  const recipe = loadRecipe(request.recipe);
  const options = trainOptions(recipe, request.train);
  if (request.reportDirectory !== undefined) checkReportFolder(request.reportDirectory);
  requireGguf(request.model);
  if (request.teacher !== undefined) requireGguf(request.teacher);
  if (request.log !== undefined) findSpec(request.log);
  const store = openStore();
  const source = request.log === undefined ? undefined : await importFor(store, recipe, request.log, request);
  const teaching = { ...request, threads: options.threads };
  const version = await buildVersion(store, recipe, {
    teacher: request.teacher === undefined ? undefined : await localTeacher(store, request.teacher, teaching),
    studio,
    now,
    program,
    onProgress: (line) => onStage(`build: ${line}`),
  });
  return { store, options, source, version };
}

/** Before training: every row is, as tokens of the model, its text, with the loss on its answer. */
async function prove({ store, options, version }: Built, request: PipelineRequest, signal: AbortSignal): Promise<void> {
  const { studio, model, now, onStage, onStderr } = request;
  const { maxLength, threads } = options;
  const proof = await proveMask(store, { studio, version, model, maxLength, threads, now }, { signal, onStderr });
  onStage(`proof: the loss lies on the answer in all ${proof.rows} rows${proof.reused ? ', as proved before' : ''}`);
}

async function trainedAndScored(ground: Built, request: PipelineRequest): Promise<TrainResult> {
  const { store, options, version } = ground;
  const { onStage } = request;
  return request.stoppable(async (signal) => {
    await prove(ground, request, signal);
    const asked = { version: version.hash, model: request.model, options, unfinished: 'resume' as const };
    const trained = await trainRun(store, { ...request, ...asked, signal });
    onStage(`train: run ${trained.run.id} ${trained.reused ? 'is done already' : 'done'}`);
    const predicting = PredictOptions.parse({ threads: options.threads });
    for (const split of reportedSplits(store, trained.run.id)) {
      throwIfStopped(signal, request.recipe); // the signal came with the last step, or between two splits
      onStage(`predict: ${split}, ${version.counts[split]} rows, adapter and base model`);
      await predictRun(store, { ...request, run: trained.run.id, split, options: predicting, signal });
    }
    throwIfStopped(signal, request.recipe);
    return trained;
  });
}

async function reported(
  { store, source, version }: Built,
  { run, adapter }: TrainResult,
  request: PipelineRequest,
): Promise<PipelineResult> {
  const { studio, now } = request;
  const directory = request.reportDirectory ?? studioLayout.report(studio, run.id);
  const report = await reportRun(store, run.id, { studio, directory, now });
  return { source, version, run, adapter, report, directory };
}

/**
 * The same under several seeds: every run as it would be alone, all of them trained first, in one process. The base model is scored once: the
 * second seed finds its predictions in the store. When a seed's training fails, those before it are reported before the error is thrown.
 *
 * seeds  as readSeeds takes them; reports go to a folder a seed when the request names one
 */
export async function runPipelineForSeeds(
  openStore: () => Store,
  request: PipelineRequest,
  seeds: string,
): Promise<PipelineResult[]> {
  const { seed: first } = trainOptions(loadRecipe(request.recipe), request.train);
  const drawn = readSeeds(seeds, first);
  const { onStage } = request;
  const ground = await built(openStore, request);
  const series = drawn.map((seed) => ({ ...ground.options, seed }));
  const done = new Set<number>();
  const failure = await request.stoppable(async (signal) => {
    await prove(ground, request, signal);
    const asked = { ...request, version: ground.version.hash, series, signal };
    const onRun = (index: number) => onStage(`train: seed ${drawn[index]}`);
    try {
      await trainSeries(ground.store, asked, onRun, (index) => done.add(index));
      return undefined;
    } catch (error) {
      if (error instanceof RectuneError && error.kind === 'diverged') return error;
      throw error;
    }
  });
  const scored: { seed: number; trained: TrainResult }[] = [];
  for (const [index, options] of series.entries()) {
    if (!done.has(index)) continue;
    onStage(`seed ${options.seed}`);
    scored.push({ seed: options.seed, trained: await trainedAndScored({ ...ground, options }, request) });
  }
  const results: PipelineResult[] = []; // a report shows its run beside the other seeds, so all are scored first
  for (const { seed, trained } of scored) {
    const reportDirectory = request.reportDirectory && join(request.reportDirectory, `seed-${seed}`);
    results.push(await reported(ground, trained, { ...request, reportDirectory }));
  }
  if (failure) throw failure;
  return results;
}

/** The recipe's settings under those of the command line. */
function trainOptions(recipe: LoadedRecipe, given: Partial<TrainOptions>): TrainOptions {
  const { epochs, steps, adapter, ...rest } = recipe.train;
  // Epochs and steps say the same in two ways: either one on the command line replaces both in the recipe.
  const length = given.epochs !== undefined || given.steps !== undefined ? {} : { epochs, steps };
  const start = adapter === undefined || isAbsolute(adapter) ? adapter : resolve(recipeFolder(recipe), adapter);
  const merged = Object.entries({ ...rest, ...length, adapter: start, ...given });
  const present = merged.filter(([, value]) => value !== undefined);
  return parseAs(TrainOptions, Object.fromEntries(present), `${recipe.file}: train`);
}

async function importFor(store: Store, recipe: LoadedRecipe, log: string, request: PipelineRequest): Promise<Source> {
  const source = await importLog(store, { path: log, now: request.now, onProgress: request.onReading });
  if (source.id !== recipe.source) {
    const fix = `name a log of "${recipe.source}", or a recipe for "${source.id}"`;
    throw new RectuneError('usage', `the recipe reads "${recipe.source}", but this log is "${source.id}"`, log, fix);
  }
  const { interactions, users, rejects } = source.counts;
  const state = source.unchanged
    ? 'in the store already'
    : `${interactions} interactions of ${users} users, ${rejects} rows rejected`;
  request.onStage(`import: ${source.id}, ${state}`);
  return source;
}

function throwIfStopped(signal: AbortSignal, recipe: string): void {
  if (!signal.aborted) return;
  throw new RectuneError('stopped', 'stopped before the report', recipe, 'give the same command again');
}
