import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { FIT_KINDS } from '../core/fit-result.js';
import { ID_MODELS, type IdModelId, type IdModelStanding, idModel, type ReportedFit } from '../core/id-models.js';
import type { Instruction } from '../core/instruction.js';
import { type Titles, titlesOf } from '../core/model-titles.js';
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
import { fittedSplit, type KeptFit } from './fitted-scores.js';
import { bestIdModels, spreadOfSeeds } from './id-standing.js';
import { judgementCurves } from './judgement-curves.js';
import { knownRows } from './known-rows.js';
import { auc } from './metrics/auc.js';
import { METRIC } from './metrics/metric.js';
import { fileName, reportedSettings } from './reported-settings.js';
import { saidByRuns, withRuns } from './rows/other-runs.js';
import { rowGroups } from './rows/row-groups.js';
import { rowLines } from './rows/row-lines.js';
import { seenJudgements, withProbes } from './rows/seen-rows.js';
import { type Sibling, seedFigures } from './seed-figures.js';
import {
  type AnsweredRow,
  answeredRows,
  type SplitInput,
  type SplitScores,
  scoreSplit,
  scoresOf,
} from './split-scores.js';
import type { KeptRanking } from './tasks/kept-rankings.js';
import type { KeptWriting } from './tasks/kept-writings.js';
import { rankingReport } from './tasks/ranking-report.js';
import { judgementSlices, reportTasks, type TaskFindings } from './tasks/report-tasks.js';
import type { DatedLine } from './tasks/row-facts.js';
import { choiceScores } from './tasks/score-task.js';
import { overview, taskTitle } from './tasks/task-verdict.js';
import { writtenReport } from './tasks/written-report.js';
import { trainingFacts } from './training-facts.js';
import { type ToldTitle, toldTitles } from './trust/completion.js';
import { doubtsOf } from './trust/doubts.js';
import type { KeptProbe } from './trust/kept-probes.js';
import { findTrust } from './trust/trust.js';
import { validationFacts } from './validation-curve.js';
import { verdicts } from './verdict.js';
import { warnings } from './warnings.js';

/** Everything a report is made from. Nothing else decides its bytes. */
export interface ReportInput {
  readonly version: DatasetVersion;
  readonly run: Run;
  readonly stages: readonly Stage[]; // of its adapter before this run
  readonly siblings: readonly Sibling[]; // runs of other seeds, or on more or fewer rows of train
  readonly fits: readonly KeptFit[]; // of ID models, at most one of a model, a protocol and a kind of rows
  readonly events: readonly RunEvent[];
  readonly train: Iterable<TrainRow>; // all of train: baselines may count what the adapter could read; may be read more than once
  readonly log: () => Iterable<LogLine>; // the source's interactions, in log order; may be asked for more than once
  readonly valid: SplitInput | undefined; // undefined: the version has no validation rows
  readonly test: SplitInput;
  readonly rankings: readonly KeptRanking[]; // of the run; one of a kind at most
  readonly writing?: KeptWriting | undefined; // of the run
  readonly probes: readonly KeptProbe[]; // of the run; one of a name at most
  readonly options: ReportOptions;
  readonly madeAt: Date;
  readonly program: string; // rectune version
}

/** What a baseline reads of a row of train. */
type TrainRow = Pick<
  Instruction,
  'itemId' | 'userId' | 'label' | 'historyLabels' | 'candidates' | 'target' | 'historyInteractions'
>;
export type LogLine = KnownInteraction & DatedLine;

/** A report, and the rows that its figures come from. */
export interface Evaluated {
  readonly report: Report;
  readonly rows: readonly SeenRow[]; // of test, then of valid; judgements first
  readonly titles: readonly ToldTitle[]; // that the base model was to complete, the surest first; none: it was not asked
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
  const reported = reportedRun(input, adapterHash);
  const titles = titlesOf({ run: reported });
  const train = countTrainLabels(input.train);
  const answered = { test: answeredRows(input.test), valid: input.valid ? answeredRows(input.valid) : [] };
  const fitted = { test: fittedSplit(input.fits, 'test'), valid: fittedSplit(input.fits, 'valid') };
  const test = scoreSplit('test', answered.test, train, fitted.test);
  const valid = input.valid && scoreSplit('valid', answered.valid, train, fitted.valid);
  const baseline = test.labels.length === 0 ? null : bestBaseline(valid);
  const idModels = judgementIdModels(test, valid, titles);
  const judged: ModelId[] = [
    // in a sentence each; the others stand in the tables
    ...(baseline ? [baseline.model] : []),
    'base',
    ...idModels.best.map(({ model }) => model),
  ];
  const rivals = new Set<ModelId>([...judged, ...BASELINES, ...test.fitted.keys()]);
  const pairs = [...rivals].map((second): Pair => ({ first: 'adapter', second }));
  const compared = [test, ...(valid ? [valid] : [])]
    .filter(({ labels }) => labels.length > 0)
    .map((scores) => compareModels(scores, pairs, options));
  const asked = [...answered.test, ...answered.valid].map(({ instruction }) => instruction);
  const known = knownRows(input, answered, asked);
  const findings = known.knowledge
    ? reportTasks(version, known.rows, known.knowledge, { fitted, titles, options })
    : NO_OTHER_TASKS;
  const beside = new Map(idModels.best.map(({ model }) => [model, scoresOf(test, model)]));
  const judgements = judgementSlices(known.rows.test, beside, options);
  const slices = [...judgements.slices, ...findings.slices];
  const wordings = [...judgements.wordings, ...findings.wordings];
  const splits = compared.map(({ result }) => result);
  const differences = compared.flatMap((one) => one.differences);
  const facts = trainingFacts(input.events);
  const sentences = splits[0] ? verdicts(splits[0], differences, judged, titles) : [];
  const { tasks } = findings;
  const { trust, probed } = findTrust({
    runId: run.id,
    version,
    rows: known.rows,
    probes: input.probes,
    tasks,
    ratings: known.knowledge?.ratings ?? [],
    options,
  });
  const byRuns = saidByRuns(input.test.instructions, known.rows.test, known.knowledge, input.siblings);
  const seen = withProbes(probed, [
    ...seenJudgements(version, test, answered.test, known.rows.test),
    ...(valid ? seenJudgements(version, valid, answered.valid, known.rows.valid) : []),
    ...findings.rows,
  ]);
  const rows = withRuns(byRuns, seen);
  const ofLog = {
    train: input.rankings.length === 0 ? undefined : known.train(), // reads the log where all rows are judgements
    met: input.rankings.some(({ result }) => !('by' in result) && result.titles !== null) ? known.met() : undefined,
  };
  const rankedRows = new Map(answered.test.map((row) => [row.instruction.row, row]));
  const report: Omit<Report, 'warnings'> = {
    format: REPORT_FORMAT,
    madeAt: input.madeAt.toISOString(),
    program: input.program,
    options,
    overview: overview({ tasks, verdicts: sentences, idModels }),
    verdicts: sentences,
    baseline,
    version,
    run: reported,
    splits,
    differences,
    tasks,
    written: writtenOf(input, (row) => rankedRows.get(row)?.instruction.userId),
    rankings: input.rankings.map(({ file, sha256, result }) => ({
      file,
      sha256,
      ...rankingReport(result, (row) => rankedRows.get(row), ofLog, options),
    })),
    slices,
    wordings,
    idModels: { ...idModels, fits: input.fits.map(reportedFit).sort(inOrder) },
    seeds: seedFigures(
      { ...input, instructions: input.test.instructions, valid: input.valid?.instructions ?? [] },
      [ownRun(input), ...input.siblings],
      (name) => (name === 'judgement' ? baseline : tasks.find((one) => taskTitle(one) === name)?.baseline)?.model,
      options,
    ),
    trust: { doubts: doubtsOf({ splits, differences, baseline, tasks }, trust, hasShuffledLabels(version)), ...trust },
    curves: {
      split: 'test',
      ...judgementCurves(
        test,
        idModels.best.slice(0, 1).map(({ model }) => model),
      ),
      loss: facts.loss,
    },
    rows: { sha256: sha256(rowLines(rows)), groups: rowGroups(rows, slices) },
    serving: {
      predictions: servedPredictions(input),
      parity: facts.parity,
      truncatedTrainRows: facts.truncatedTrainRows,
      largestChange: largestChange([...answered.test, ...answered.valid]),
    },
    validation: validationFacts(input.events, run.config.validation, input.valid?.instructions ?? [], options),
    training: facts.training,
  };
  return { report: Report.parse({ ...report, warnings: warnings(report) }), rows, titles: titlesOfProbe(input.probes) };
}

/** ID models on the judgements: which of them the adapter has to beat, and how far they move with the seed. */
function judgementIdModels(test: SplitScores, valid: SplitScores | undefined, titles: Titles): IdModelStanding {
  const models = test.labels.length === 0 ? [] : [...test.fitted.keys()];
  const { title, better } = METRIC.auc;
  const onValid = (model: IdModelId) => valid && auc(scoresOf(valid, model), valid.labels);
  return {
    best: bestIdModels(models, onValid, { title, better, titles }),
    spread: spreadOfSeeds(models, (model) => (test.fitted.get(model) ?? []).map((one) => auc(one, test.labels))),
  };
}

function reportedFit({ file, sha256: hash, result }: KeptFit): ReportedFit {
  const { model, protocol, kind, interactions, metric, trials, chosen, seeds } = result;
  return {
    ...{ model: idModel(model, protocol), kind, file, sha256: hash, interactions, metric, trials, chosen },
    seeds: seeds.map(({ seed, epochs, value }) => ({ seed, epochs, value })),
  };
}

/** Judgements first, then as in the tables. */
function inOrder(a: ReportedFit, b: ReportedFit): number {
  const place = ({ kind, model }: ReportedFit) => FIT_KINDS.indexOf(kind) * ID_MODELS.length + ID_MODELS.indexOf(model);
  return place(a) - place(b);
}

function titlesOfProbe(probes: readonly KeptProbe[]): ToldTitle[] {
  return probes.flatMap(({ result }) => (result.probe === 'completion' ? toldTitles(result.titles) : []));
}

/** The report alone. */
export function makeReport(input: ReportInput): Report {
  return evaluate(input).report;
}

/** Whether train is a control: its labels were exchanged. */
function hasShuffledLabels({ curation }: DatasetVersion): boolean {
  return (
    curation?.steps.some(({ settings, changed }) => settings.kind === 'shuffle-labels' && changed.train > 0) === true
  );
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

function writtenOf({ writing, options }: ReportInput, userOf: (row: number) => string | undefined): Report['written'] {
  if (writing === undefined) return null;
  const { file, sha256, result } = writing;
  return { file, sha256, ...writtenReport(result, userOf, options) };
}
