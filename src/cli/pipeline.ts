import { isAbsolute, resolve } from 'node:path';
import { buildVersion } from '../builders/build-version.js';
import { type LoadedRecipe, loadRecipe, recipeFolder } from '../builders/load-recipe.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { FitModelName } from '../core/fit-search.js';
import type { Split } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { PROBE_SEED, type ProbeName } from '../core/probe.js';
import type { Report } from '../core/report.js';
import type { Run } from '../core/run.js';
import { TrainOptions } from '../core/run-config.js';
import { MAX_REJECTS, type Source } from '../core/source.js';
import { counted } from '../eval/numbers.js';
import { checkReportFolder } from '../eval/report/write.js';
import { reportRun } from '../eval/report-run.js';
import { requireGguf } from '../platform/gguf-file.js';
import { studioLayout } from '../platform/studio.js';
import { type FoundSpec, findSpec, guessedSpecPath } from '../sources/find-spec.js';
import { type ImportProgress, importLog } from '../sources/import-log.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { PredictOptions, predictRun, reportedSplits } from '../trainers/predict.js';
import { proveMask } from '../trainers/prove-mask.js';
import { readSeeds, readShots, trainSeries } from '../trainers/series.js';
import { type TrainResult, trainRun } from '../trainers/train.js';
import { fitBeside } from './fit-stage.js';
import { probeRun } from './probe-run.js';
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
  idModels: readonly FitModelName[]; // that are fitted to stand beside the adapter; none: no fits are made
  probes: readonly ProbeName[]; // that are asked before the report
  reportDirectory: string | undefined; // reports/<run> of the studio without it
  program: string; // version of rectune, for the manifest
  onStage: (line: string) => void;
  onReading?: ((read: ImportProgress) => void) | undefined;
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
 * A recipe from the log to the report: import, build, train, predict, probe, fit, report. Each stage finds by hashes whether its work
 * is there already, so giving the same command again does only what is missing; a stopped training goes on.
 *
 * openStore  called when recipe, model and log are found: a mistyped name makes no studio
 * throws     RectuneError of the stage that failed; what earlier stages made stays
 */
export async function runPipeline(openStore: () => Store, request: PipelineRequest): Promise<PipelineResult> {
  const ground = await built(openStore, request);
  return reported(ground, await proved(ground, request), request);
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
  const found =
    request.log === undefined ? undefined : findSpec(request.log, undefined, guessedSpecPath(studio, request.log));
  const store = openStore();
  const source = request.log === undefined ? undefined : await importFor(store, recipe, request.log, found, request);
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

/** Trained and scored, when the mask is proved. */
async function proved(ground: Built, request: PipelineRequest): Promise<TrainResult> {
  return request.stoppable(async (signal) => {
    await prove(ground, request, signal);
    return trainedAndScored(ground, request, signal);
  });
}

/** splits  that are scored; without it those that a report on the run needs */
async function trainedAndScored(
  { store, options, version }: Built,
  request: PipelineRequest,
  signal: AbortSignal,
  splits?: readonly Split[],
): Promise<TrainResult> {
  const { onStage } = request;
  const asked = { version: version.hash, model: request.model, options, unfinished: 'resume' as const };
  const trained = await trainRun(store, { ...request, ...asked, signal });
  onStage(`train: run ${trained.run.id} ${trained.reused ? 'is done already' : 'done'}`);
  const predicting = PredictOptions.parse({ threads: options.threads });
  for (const split of splits ?? reportedSplits(store, trained.run.id)) {
    throwIfStopped(signal, request.recipe); // the signal came with the last step, or between two splits
    onStage(`predict: ${split}, ${version.counts[split]} rows, adapter and base model`);
    await predictRun(store, { ...request, run: trained.run.id, split, options: predicting, signal });
  }
  throwIfStopped(signal, request.recipe);
  return trained;
}

/** Probes are asked and what stands beside the run is fitted, then it is reported on. */
async function reported(
  { store, source, version, options }: Built,
  { run, adapter }: TrainResult,
  request: PipelineRequest,
): Promise<PipelineResult> {
  const { studio, now, probes, onStage } = request;
  if (probes.length > 0) {
    await request.stoppable(async (signal) => {
      const asked = { run: run.id, probes, seed: PROBE_SEED, recipe: request.recipe, onStage };
      const probing = PredictOptions.parse({ threads: options.threads });
      const answers = await probeRun(store, { ...request, ...asked, options: probing, signal });
      const reused = answers.filter((answer) => answer.reused).length;
      onStage(`probe: ${counted(answers.length, 'probe')}${reused === answers.length ? ', asked before' : ''}`);
    });
  }
  const directory = request.reportDirectory ?? studioLayout.report(studio, run.id);
  const fitting = { ...request, models: request.idModels, threads: options.threads };
  if (fitting.models.length > 0) {
    await request.stoppable((signal) => fitBeside(store, run, version, { ...fitting, signal }));
  }
  const report = await reportRun(store, run.id, { studio, directory, now });
  return { source, version, run, adapter, report, directory };
}

/** What a series varies, as written on the command line: which numbers of train rows, and which seeds of each. */
export interface SeriesAxes {
  readonly seeds?: string | undefined; // as readSeeds takes them
  readonly shots?: string | undefined; // as readShots takes them
}

/** Every run of a series, and the one report that shows them beside each other. */
export interface SeriesResult extends PipelineResult {
  readonly runs: readonly { readonly run: Run; readonly adapter: string }[]; // by shots, then seed
}

/**
 * The same for every number of shots with every seed: each run as it would be alone, all of them trained first, those on the same rows in one process. The
 * base model is scored once: the others find its predictions in the store. The report is on the first seed of the most rows, settled before any result is
 * known, and shows the other runs beside it. When a training fails, those that are done are reported before the error is thrown.
 */
export async function runPipelineForSeries(
  openStore: () => Store,
  request: PipelineRequest,
  axes: SeriesAxes,
): Promise<SeriesResult> {
  const own = trainOptions(loadRecipe(request.recipe), request.train);
  const { onStage } = request;
  const variants = seriesOf(own, axes);
  const ground = await built(openStore, request);
  const series = variants.map((variant) => ({ ...ground.options, ...variant }));
  const [only] = series;
  if (only && series.length === 1) {
    const alone = { ...ground, options: only };
    const trained = await proved(alone, request);
    return { ...(await reported(alone, trained, request)), runs: [trained] };
  }
  const done = new Set<number>();
  const failure = await request.stoppable(async (signal) => {
    await prove(ground, request, signal);
    const asked = { ...request, version: ground.version.hash, series, signal };
    const onRun = (index: number) => onStage(`train: ${variantTitle(series[index] as TrainOptions)}`);
    try {
      await trainSeries(ground.store, asked, onRun, (index) => done.add(index));
      return undefined;
    } catch (error) {
      if (error instanceof RectuneError && error.kind === 'diverged') return error;
      throw error;
    }
  });
  const rowsOf = (index: number) => series[index]?.shots ?? ground.version.counts.train;
  const places = [...done].sort((a, b) => a - b);
  const most = Math.max(...places.map(rowsOf));
  const shown = places.find((index) => rowsOf(index) === most);
  const score = (index: number) => {
    const options = series[index] as TrainOptions;
    onStage(variantTitle(options));
    const splits = index === shown ? undefined : (['test'] as const); // beside the report's run, the others are seen on test alone
    return request.stoppable((signal) => trainedAndScored({ ...ground, options }, request, signal, splits));
  };
  const scored: TrainResult[] = [];
  for (const index of places) scored.push(await score(index));
  const trained = shown === undefined ? undefined : scored[places.indexOf(shown)];
  if (shown === undefined || !trained) throw failure ?? new Error('a series has at least one run');
  const options = series[shown] as TrainOptions;
  const result = await reported({ ...ground, options }, trained, request);
  if (failure) throw failure;
  return { ...result, runs: scored.map(({ run, adapter }) => ({ run, adapter })) };
}

function seriesOf(own: TrainOptions, { seeds, shots }: SeriesAxes): Pick<TrainOptions, 'seed' | 'shots'>[] {
  const drawn = seeds === undefined ? [own.seed] : readSeeds(seeds, own.seed);
  const sizes = shots === undefined ? [own.shots] : readShots(shots);
  return sizes.flatMap((size) => drawn.map((seed) => ({ shots: size, seed })));
}

function variantTitle({ shots, seed }: TrainOptions): string {
  return `${shots === undefined ? 'all of train' : counted(shots, 'shot')}, seed ${seed}`;
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

async function importFor(
  store: Store,
  recipe: LoadedRecipe,
  log: string,
  found: FoundSpec | undefined,
  request: PipelineRequest,
): Promise<Source> {
  const how = { maxRejects: MAX_REJECTS, now: request.now, onProgress: request.onReading };
  const source = await request.stoppable((signal) => importLog(store, { path: log, found, ...how, signal }));
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
