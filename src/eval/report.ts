import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import { shortened } from '../core/prediction.js';
import { BASELINES, type ModelId, REPORT_FORMAT, Report, type ReportOptions, type Stage } from '../core/report.js';
import type { Run } from '../core/run.js';
import type { RunEvent } from '../core/run-event.js';
import { countTrainLabels } from './baselines/train-labels.js';
import { type KnownInteraction, trainInteractions } from './baselines/train-log.js';
import { bestBaseline } from './best-baseline.js';
import { compareModels, type Pair } from './compare-models.js';
import { expectedCalibrationError, reliability } from './metrics/calibration.js';
import { precisionRecall } from './metrics/precision-recall.js';
import { roc } from './metrics/roc.js';
import { type AnsweredRow, answeredRows, type SplitInput, type SplitScores, scoreSplit } from './split-scores.js';
import { reportTasks, type TaskFindings } from './tasks/report-tasks.js';
import { choiceScores } from './tasks/score-task.js';
import { kindOf, taskRows } from './tasks/task-rows.js';
import { overview } from './tasks/task-verdict.js';
import { trainingFacts } from './training-facts.js';
import { validationFacts } from './validation-curve.js';
import { verdict } from './verdict.js';
import { warnings } from './warnings.js';

/** Everything a report is made from. Nothing else decides its bytes. */
export interface ReportInput {
  readonly version: DatasetVersion;
  readonly run: Run;
  readonly stages: readonly Stage[]; // of its adapter before this run
  readonly events: readonly RunEvent[];
  readonly train: Iterable<TrainRow>; // all of train: baselines may count what the adapter could read; may be read more than once
  readonly log: () => Iterable<LogLine>; // the source's interactions, in log order; asked for when rows are no judgements
  readonly valid: SplitInput | undefined; // undefined: the version has no validation rows
  readonly test: SplitInput;
  readonly options: ReportOptions;
  readonly madeAt: Date;
  readonly program: string; // rectune version
}

/** What a baseline reads of a row of train. */
type TrainRow = Pick<Instruction, 'itemId' | 'label' | 'target' | 'historyInteractions'>;
type LogLine = KnownInteraction & Pick<Interaction, 'logIndex'>;

const CURVE_MODELS: readonly ModelId[] = ['adapter', 'base', 'liked-share'];
type Point = [number, number];
const DRAWN_POINTS = 400;
const RELIABILITY_MODELS: readonly ModelId[] = ['adapter', 'base'];

/**
 * Compares the adapter with its base model and the trivial baselines and says in a sentence what it is worth.
 * Pure: the same input gives the same report.
 *
 * throws RectuneError when the run has no adapter, a row has no label, or predictions and rows do not fit
 */
export function makeReport(input: ReportInput): Report {
  const { version, run, options } = input;
  const { adapterHash } = input.test.adapter.set;
  if (adapterHash === null) {
    throw new RectuneError(
      'usage',
      `run "${run.id}" has no adapter to report on`,
      `run ${run.id}`,
      'train it to its end',
    );
  }
  const train = countTrainLabels(input.train);
  const answered = { test: answeredRows(input.test), valid: input.valid ? answeredRows(input.valid) : [] };
  const test = scoreSplit('test', answered.test, train);
  const valid = input.valid && scoreSplit('valid', answered.valid, train);
  const baseline = test.labels.length === 0 ? null : bestBaseline(valid);
  const judged: ModelId[] = [...(baseline ? [baseline.model] : []), 'base']; // in a sentence each; the others stand in the tables
  const rivals = new Set<ModelId>([...judged, ...BASELINES]);
  const pairs = [...rivals].map((second): Pair => ({ first: 'adapter', second }));
  const compared = [test, ...(valid ? [valid] : [])]
    .filter(({ labels }) => labels.length > 0)
    .map((scores) => compareModels(scores, pairs, options));
  const mixed = mixedTasks(input, answered);
  const splits = compared.map(({ result }) => result);
  const differences = compared.flatMap((one) => one.differences);
  const facts = trainingFacts(input.events);
  const verdicts = differences
    .filter(({ split, metric, second }) => split === 'test' && metric === 'auc' && judged.includes(second))
    .map((paired) => verdict(splits[0] as Report['splits'][number], paired));
  const report: Omit<Report, 'warnings'> = {
    format: REPORT_FORMAT,
    madeAt: input.madeAt.toISOString(),
    program: input.program,
    options,
    overview: overview({ tasks: mixed.tasks, verdicts }),
    verdicts,
    baseline,
    version,
    run: reportedRun(input, adapterHash),
    splits,
    differences,
    ...mixed,
    curves: {
      split: 'test',
      roc: curvesOf(test, roc),
      precisionRecall: curvesOf(test, precisionRecall),
      reliability: (test.labels.length === 0 ? [] : RELIABILITY_MODELS).map((model) => ({
        model,
        expectedCalibrationError: expectedCalibrationError(test.logOdds[model], test.labels) ?? null,
        bins: reliability(test.logOdds[model], test.labels),
      })),
      loss: facts.loss,
    },
    serving: {
      predictions: servedPredictions(input),
      parity: facts.parity,
      gap: facts.gap,
      truncatedTrainRows: facts.truncatedTrainRows,
      largestChange: largestChange([...answered.test, ...answered.valid]),
    },
    validation: validationFacts(input.events, run.config.validation, input.valid?.instructions ?? [], options),
    training: facts.training,
  };
  return Report.parse({ ...report, warnings: warnings(report) });
}

/** A curve of each model that is drawn; none where it is not defined. */
function curvesOf({ logOdds, labels }: SplitScores, curve: typeof roc): { model: ModelId; points: Point[] }[] {
  return CURVE_MODELS.flatMap((model) => {
    const points = curve(logOdds[model], labels);
    return points ? [{ model, points: drawable(points) }] : [];
  });
}

/** As many points of a curve as can be told apart on a page, evenly taken, the first and the last among them. */
export function drawable(points: readonly Point[]): Point[] {
  if (points.length <= DRAWN_POINTS) return [...points];
  const last = points.length - 1;
  return Array.from({ length: DRAWN_POINTS }, (_, i) => points[Math.round((i * last) / (DRAWN_POINTS - 1))] as Point);
}

/** What is said of rows that are no judgements; nothing for a version without such rows. */
function mixedTasks(
  { version, train, log, options }: ReportInput,
  answered: Readonly<Record<Exclude<Split, 'train'>, readonly AnsweredRow[]>>,
): TaskFindings {
  const both = [...answered.test, ...answered.valid];
  if (both.every((row) => kindOf(row) === undefined)) return { tasks: [], slices: [], wordings: [] };
  const shown = new Set(both.flatMap(({ instruction }) => instruction.historyInteractions));
  const items = new Map<number, string>();
  const ratings = new Set<number>();
  for (const { logIndex, itemId, rating } of log()) {
    if (shown.has(logIndex)) items.set(logIndex, itemId);
    if (rating !== null) ratings.add(rating);
  }
  const rowsOf = (rows: readonly AnsweredRow[]) => taskRows(version, rows, (line) => items.get(line));
  const asked = both.map(({ instruction }) => instruction);
  return reportTasks(
    version,
    { test: rowsOf(answered.test), valid: rowsOf(answered.valid) },
    { train: trainInteractions(train, asked, log()), ratings: [...ratings].sort((a, b) => a - b) },
    options,
  );
}

function reportedRun({ run, version, stages }: ReportInput, adapterHash: string): Report['run'] {
  const { protocol, model, adapter, runDirectory, data, rows, validation, resume, ...rest } = run.config;
  const { cacheHidden, cacheLimit, cacheDirectory, ...settings } = rest; // they change no byte of the adapter
  return {
    id: run.id,
    status: run.status,
    startedAt: run.startedAt,
    configHash: run.configHash,
    modelFile: fileName(run.modelPath),
    modelHash: run.modelHash,
    adapterHash,
    stages: [...stages],
    settings: {
      ...settings,
      rows: rows?.length ?? version.counts.train,
      startAdapter: adapter === null ? null : fileName(adapter),
    },
  };
}

function servedPredictions({ test, valid }: ReportInput): Report['serving']['predictions'] {
  return [test, ...(valid ? [valid] : [])].flatMap(({ adapter, base }) =>
    (['adapter', 'base'] as const).map((model) => {
      const { set, predictions } = model === 'adapter' ? adapter : base;
      const truncatedRows = shortened(predictions).map(({ row }) => row);
      return {
        model,
        split: set.split,
        set: set.id,
        device: set.device,
        precision: set.precision,
        labelMass: set.labelMass,
        truncatedRows: truncatedRows.sort((a, b) => a - b),
      };
    }),
  );
}

/** Largest distance of what the adapter says of an answer from what the base model says; null without rows. */
function largestChange(rows: readonly AnsweredRow[]): number | null {
  let largest: number | null = null;
  for (const { instruction, adapter, base } of rows) {
    const before = choiceScores(instruction, base, 'sum');
    choiceScores(instruction, adapter, 'sum').forEach((value, k) => {
      largest = Math.max(largest ?? 0, Math.abs(value - (before[k] as number)));
    });
  }
  return largest;
}

/** The last part of a path of either kind. */
function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
