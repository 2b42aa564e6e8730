import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction } from '../core/instruction.js';
import { type Prediction, shortened } from '../core/prediction.js';
import { BASELINES, type ModelId, REPORT_FORMAT, Report, type ReportOptions, type Stage } from '../core/report.js';
import type { SeenRow } from '../core/report-rows.js';
import type { Run } from '../core/run.js';
import type { RunEvent } from '../core/run-event.js';
import { sha256 } from '../platform/files.js';
import { countTrainLabels } from './baselines/train-labels.js';
import type { KnownInteraction } from './baselines/train-log.js';
import { bestBaseline } from './best-baseline.js';
import { compareModels, type Pair } from './compare-models.js';
import { judgementCurves } from './judgement-curves.js';
import { knownRows } from './known-rows.js';
import { fileName, reportedSettings } from './reported-settings.js';
import { rowGroups } from './rows/row-groups.js';
import { rowLines } from './rows/row-lines.js';
import { seenJudgements, withProbes } from './rows/seen-rows.js';
import { type Sibling, seedFigures } from './seed-figures.js';
import { type AnsweredRow, answeredRows, type SplitInput, scoreSplit } from './split-scores.js';
import { judgementSlices, reportTasks, type TaskFindings } from './tasks/report-tasks.js';
import type { DatedLine } from './tasks/row-facts.js';
import { choiceScores } from './tasks/score-task.js';
import { overview } from './tasks/task-verdict.js';
import { trainingFacts } from './training-facts.js';
import { doubtsOf } from './trust/doubts.js';
import type { KeptProbe } from './trust/kept-probes.js';
import { findTrust } from './trust/trust.js';
import { validationFacts } from './validation-curve.js';
import { verdict } from './verdict.js';
import { warnings } from './warnings.js';

/** Everything a report is made from. Nothing else decides its bytes. */
export interface ReportInput {
  readonly version: DatasetVersion;
  readonly run: Run;
  readonly stages: readonly Stage[]; // of its adapter before this run
  readonly siblings: readonly Sibling[]; // runs of other seeds, or on more or fewer rows of train
  readonly events: readonly RunEvent[];
  readonly train: Iterable<TrainRow>; // all of train: baselines may count what the adapter could read; may be read more than once
  readonly log: () => Iterable<LogLine>; // the source's interactions, in log order; may be asked for more than once
  readonly valid: SplitInput | undefined; // undefined: the version has no validation rows
  readonly test: SplitInput;
  readonly probes: readonly KeptProbe[]; // of the run; one of a name at most
  readonly options: ReportOptions;
  readonly madeAt: Date;
  readonly program: string; // rectune version
}

/** What a baseline reads of a row of train. */
type TrainRow = Pick<Instruction, 'itemId' | 'label' | 'candidates' | 'target' | 'historyInteractions'>;
export type LogLine = KnownInteraction & DatedLine;

/** A report, and the rows that its figures come from. */
export interface Evaluated {
  readonly report: Report;
  readonly rows: readonly SeenRow[]; // of test, then of valid; judgements first
}

const NO_OTHER_TASKS: TaskFindings = { tasks: [], slices: [], wordings: [], rows: [] };

/**
 * Compares the adapter with its base model and the trivial baselines and says in a sentence what it is worth.
 * Pure: the same input gives the same report.
 *
 * throws RectuneError when the run has no adapter, a row has no label, or predictions and rows do not fit
 */
export function evaluate(input: ReportInput): Evaluated {
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
  const asked = [...answered.test, ...answered.valid].map(({ instruction }) => instruction);
  const known = knownRows(input, answered, asked);
  const findings: TaskFindings = known.knowledge
    ? reportTasks(version, known.rows, known.knowledge, options)
    : { ...NO_OTHER_TASKS, ...judgementSlices(known.rows.test, options) };
  const splits = compared.map(({ result }) => result);
  const differences = compared.flatMap((one) => one.differences);
  const facts = trainingFacts(input.events);
  const verdicts = differences
    .filter(({ split, metric, second }) => split === 'test' && metric === 'auc' && judged.includes(second))
    .map((paired) => verdict(splits[0] as Report['splits'][number], paired));
  const { tasks, slices, wordings } = findings;
  const { trust, probed } = findTrust({
    runId: run.id,
    rows: known.rows,
    probes: input.probes,
    tasks,
    ratings: known.knowledge?.ratings ?? [],
    options,
  });
  const rows = withProbes(probed, [
    ...seenJudgements(version, test, answered.test, known.rows.test),
    ...(valid ? seenJudgements(version, valid, answered.valid, known.rows.valid) : []),
    ...findings.rows,
  ]);
  const report: Omit<Report, 'warnings'> = {
    format: REPORT_FORMAT,
    madeAt: input.madeAt.toISOString(),
    program: input.program,
    options,
    overview: overview({ tasks, verdicts }),
    verdicts,
    baseline,
    version,
    run: reportedRun(input, adapterHash),
    splits,
    differences,
    tasks,
    slices,
    wordings,
    seeds: seedFigures(
      { version, train: [], log: input.log, instructions: input.test.instructions, valid: [] }, // no baseline is asked
      [ownRun(input), ...input.siblings],
      options,
    ),
    trust: { doubts: doubtsOf({ splits, differences, baseline, tasks }, trust), ...trust },
    curves: { split: 'test', ...judgementCurves(test), loss: facts.loss },
    rows: { sha256: sha256(rowLines(rows)), groups: rowGroups(rows, slices) },
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
  return { report: Report.parse({ ...report, warnings: warnings(report) }), rows };
}

/** The report alone. */
export function makeReport(input: ReportInput): Report {
  return evaluate(input).report;
}

function ownRun({ run, version, test }: ReportInput): Sibling {
  const { seed, rows } = reportedSettings(run, version);
  return { run: run.id, seed, rows, scored: test.adapter };
}

function reportedRun({ run, version, stages }: ReportInput, adapterHash: string): Report['run'] {
  return {
    id: run.id,
    status: run.status,
    startedAt: run.startedAt,
    configHash: run.configHash,
    modelFile: fileName(run.modelPath),
    modelHash: run.modelHash,
    adapterHash,
    stages: [...stages],
    settings: reportedSettings(run, version),
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
        sha256: hashOfPredictions(predictions),
        device: set.device,
        precision: set.precision,
        labelMass: set.labelMass,
        truncatedRows: truncatedRows.sort((a, b) => a - b),
      };
    }),
  );
}

/** Of what was predicted, row by row; the set's id says only what was asked. */
function hashOfPredictions(predictions: readonly Prediction[]): string {
  const lines = [...predictions]
    .sort((a, b) => a.row - b.row)
    .map(({ row, user, item, label, logOdds, choices, droppedHistory }) => {
      const scores = choices?.map(({ sum, tokens, first }) => [sum, tokens, first]) ?? null;
      return JSON.stringify([row, user, item, label, logOdds, scores, droppedHistory]);
    });
  return sha256(lines.join('\n'));
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
