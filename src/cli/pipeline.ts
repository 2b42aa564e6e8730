import { buildVersion } from '../builders/build-version.js';
import { type LoadedRecipe, loadRecipe } from '../builders/load-recipe.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Evaluation } from '../core/evaluation.js';
import type { FitModelName } from '../core/fit-search.js';
import type { Split } from '../core/instruction.js';
import { PROBE_SEED, type ProbeName } from '../core/probe.js';
import type { Report } from '../core/report.js';
import type { Run } from '../core/run.js';
import type { TrainOptions } from '../core/run-config.js';
import type { Source } from '../core/source.js';
import { counted } from '../eval/numbers.js';
import { checkReportFolder } from '../eval/report/write.js';
import { reportRun } from '../eval/report-run.js';
import { requireGguf } from '../platform/gguf-file.js';
import { studioLayout } from '../platform/studio.js';
import { findSpec, guessedSpecPath } from '../sources/find-spec.js';
import type { ImportProgress } from '../sources/import-log.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { oneLabelLearned, oneLabelParts } from '../trainers/one-label.js';
import { PredictOptions, predictRun, reportedSplits } from '../trainers/predict.js';
import { proveMask } from '../trainers/prove-mask.js';
import { requireTrainable } from '../trainers/require-trainable.js';
import { trainSeries } from '../trainers/series.js';
import { type TrainResult, trainRun } from '../trainers/train.js';
import { askBeside, requireAskable } from './ask-stage.js';
import { fitBeside } from './fit-stage.js';
import { importFor } from './import-stage.js';
import { probeRun } from './probe/probe-run.js';
import { type EvaluationGiven, evaluationOf, type SeriesAxes, trainSettings } from './run-settings.js';
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
  probeSeconds?: number | undefined; // that all of them may take together; without it as much as the evaluation took
  evaluation: EvaluationGiven; // takes the place of what the recipe's evaluate section says
  reportDirectory: string | undefined; // reports/<run> of the studio without it
  program: string; // version of rectune, for the manifest
  onStage: (line: string) => void;
  onReading?: ((read: ImportProgress) => void) | undefined;
}

/** What each stage made. */
export interface PipelineResult {
  source: Source | undefined;
  version: DatasetVersion;
  run: Run; // that the report is on
  adapter: string; // path
  report: Report;
  directory: string;
  runs: readonly { readonly run: Run; readonly adapter: string }[]; // every run of the series, by shots, then seed
}

/**
 * A recipe from the log to the report: import, build, train, predict, probe, rank, write, fit, report. Each stage finds by hashes whether its work is there
 * already, so giving the same command again does only what is missing; a stopped training goes on.
 *
 * With axes the same for every number of shots with every seed: each run as it would be alone, all of them trained first, those on the same rows in one
 * process. The base model is scored once: the others find its predictions in the store. The report is on the first seed of the most rows, settled before any
 * result is known, and shows the other runs beside it; probes, rankings and texts are of that run. When a training fails, those that are done are reported
 * before the error is thrown.
 *
 * openStore  called when recipe, model and log are found: a mistyped name makes no studio
 * throws     RectuneError of the stage that failed; what earlier stages made stays
 */
export async function runPipeline(
  openStore: () => Store,
  request: PipelineRequest,
  axes: SeriesAxes = {},
): Promise<PipelineResult> {
  const recipe = loadRecipe(request.recipe);
  const series = trainSettings(recipe, request.train, axes);
  const evaluation = evaluationOf(recipe, request.evaluation);
  const ground = await built(openStore, recipe, series, request);
  const { store, version } = ground;
  await requireAskable(store, version, evaluation, request.recipe);
  await request.stoppable((signal) => prove(ground, series, request, signal));
  for (const warning of labelWarnings(ground, series)) request.onStage(`warning: ${warning}`);
  const { done, failure } = await trainedTogether(ground, series, request);
  const rowsOf = (index: number) => series[index]?.shots ?? version.counts.train;
  const most = Math.max(...done.map(rowsOf));
  const shown = done.find((index) => rowsOf(index) === most);
  const runs: TrainResult[] = [];
  for (const index of done) {
    const options = series[index] as TrainOptions;
    if (series.length > 1) request.onStage(variantTitle(options));
    // Beside the report's run, the others are seen on test alone.
    const splits = index === shown ? undefined : (['test'] as const);
    runs.push(await request.stoppable((signal) => trainedAndScored(ground, options, request, signal, splits)));
  }
  const trained = shown === undefined ? undefined : runs[done.indexOf(shown)];
  if (shown === undefined || !trained) throw failure ?? new Error('a series has at least one run');
  const { threads } = series[shown] as TrainOptions;
  const { run, adapter } = trained;
  await askedBeyond(ground, run, evaluation, threads, request);
  const directory = request.reportDirectory ?? studioLayout.report(request.studio, run.id);
  const report = await reportRun(store, run.id, { studio: request.studio, directory, now: request.now });
  if (failure) throw failure;
  const { source } = ground;
  return { source, version, run, adapter, report, directory, runs };
}

/** What training stands on. */
interface Built {
  store: Store;
  source: Source | undefined;
  version: DatasetVersion;
}

async function built(
  openStore: () => Store,
  recipe: LoadedRecipe,
  [first]: readonly TrainOptions[],
  request: PipelineRequest,
): Promise<Built> {
  const { studio, now, program, onStage, log } = request;
  if (request.reportDirectory !== undefined) checkReportFolder(request.reportDirectory);
  requireGguf(request.model);
  if (request.teacher !== undefined) requireGguf(request.teacher);
  const found = log === undefined ? undefined : findSpec(log, undefined, guessedSpecPath(studio, log));
  const { onStderr } = request;
  await request.stoppable((signal) => requireTrainable(request.model, { signal, onStderr }));
  const store = openStore();
  const source = log === undefined ? undefined : await importFor(store, recipe.source, log, found, request);
  const teaching = { ...request, threads: first?.threads };
  const version = await buildVersion(store, recipe, {
    teacher: request.teacher === undefined ? undefined : await localTeacher(store, request.teacher, teaching),
    studio,
    now,
    program,
    onProgress: (line) => onStage(`build: ${line}`),
  });
  return { store, source, version };
}

/** Before training: every row is, as tokens of the model, its text, with the loss on its answer. */
async function prove(
  { store, version }: Built,
  [first]: readonly TrainOptions[],
  request: PipelineRequest,
  signal: AbortSignal,
): Promise<void> {
  const { studio, model, now, onStage, onStderr } = request;
  const { maxLength, threads } = first as TrainOptions;
  const proof = await proveMask(store, { studio, version, model, maxLength, threads, now }, { signal, onStderr });
  onStage(`proof: the loss lies on the answer in all ${proof.rows} rows${proof.reused ? ', as proved before' : ''}`);
}

/** Judgements of one label alone, in what each run learns from and in what judges it. */
function labelWarnings({ store, version }: Built, series: readonly TrainOptions[]): Set<string> {
  const learned = series.map((options) => oneLabelLearned(store, version, options));
  return new Set([...learned, ...oneLabelParts(store, version, ['valid', 'test'])].filter((one) => one !== undefined));
}

/** Several runs in one process, as far as they come; a single one is trained when it is scored. done: places of those that can be scored, ascending */
async function trainedTogether(
  { store, version }: Built,
  series: readonly TrainOptions[],
  request: PipelineRequest,
): Promise<{ done: number[]; failure?: RectuneError }> {
  if (series.length === 1) return { done: [0] };
  const done = new Set<number>();
  const onRun = (index: number) => request.onStage(`train: ${variantTitle(series[index] as TrainOptions)}`);
  const inOrder = () => [...done].sort((a, b) => a - b);
  try {
    await request.stoppable((signal) =>
      trainSeries(store, { ...request, version: version.hash, series, signal }, onRun, (index) => done.add(index)),
    );
    return { done: inOrder() };
  } catch (error) {
    if (error instanceof RectuneError && error.kind === 'diverged') return { done: inOrder(), failure: error };
    throw error;
  }
}

/** splits  that are scored; without it those that a report on the run needs */
async function trainedAndScored(
  { store, version }: Built,
  options: TrainOptions,
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

/** Probes, rankings and texts of the run, and what is fitted to stand beside it. */
async function askedBeyond(
  { store, version }: Built,
  run: Run,
  evaluation: Evaluation,
  threads: number | undefined,
  request: PipelineRequest,
): Promise<void> {
  const { probes, idModels: models, onStage, stoppable } = request;
  if (probes.length > 0) {
    await stoppable(async (signal) => {
      const seconds = request.probeSeconds;
      const asked = { run: run.id, probes, seconds, seed: PROBE_SEED, recipe: request.recipe, onStage };
      const answers = await probeRun(store, {
        ...request,
        ...asked,
        options: PredictOptions.parse({ threads }),
        signal,
      });
      const reused = answers.filter((answer) => answer.reused).length;
      onStage(`probe: ${counted(answers.length, 'probe')}${reused === answers.length ? ', asked before' : ''}`);
    });
  }
  await askBeside(store, run.id, evaluation, { ...request, threads });
  if (models.length > 0) {
    await stoppable((signal) => fitBeside(store, run, version, { ...request, models, threads, signal }));
  }
}

function variantTitle({ shots, seed }: TrainOptions): string {
  return `${shots === undefined ? 'all of train' : counted(shots, 'shot')}, seed ${seed}`;
}

function throwIfStopped(signal: AbortSignal, recipe: string): void {
  if (!signal.aborted) return;
  throw new RectuneError('stopped', 'stopped before the report', recipe, 'give the same command again');
}
