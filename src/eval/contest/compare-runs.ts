import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { Estimate, Finding, PairedTests, ReportOptions } from '../../core/report.js';
import type { Run } from '../../core/run.js';
import type { Store } from '../../store/store.js';
import { versionLog } from '../../store/version-log.js';
import { findingOf } from '../finding.js';
import { fitsOfVersion, rowsKey } from '../kept-fits.js';
import { newestPredictions, versionOf } from '../report-input.js';
import { difference } from '../statistics/distribution.js';
import { correctedForRivals, pairedTests } from '../statistics/paired-tests.js';
import { Resampled } from '../tasks/compare-task.js';
import { type BestStep, bestStep } from './best-step.js';
import { type DifferingSetting, differingSettings } from './compared-settings.js';
import { type Contest, type ContestMetric, contestsOf } from './contest.js';
import { fittedEntrants } from './fitted-entrants.js';

/** A run minus the first one that was named, on the same rows and resampled users. */
export interface RunDifference {
  readonly split: 'test';
  readonly metric: string;
  readonly run: string;
  readonly difference: Estimate;
  readonly tests: PairedTests; // corrected for the number of runs and ID models
  readonly finding: Finding; // of this run against the first
}

/** An ID model on the same rows, and it minus the first run, by the metrics that are defined of it. */
export interface ComparedIdModel {
  readonly name: string; // "SASRec (all of train)", "SASRec (the 64 rows of RUN)"
  readonly metrics: Readonly<Record<string, Estimate>>;
  readonly differences: readonly Omit<RunDifference, 'run'>[];
}

export interface RunComparison {
  readonly rows: number; // of test, the same for all
  readonly runs: readonly { readonly id: string; readonly status: string; readonly training: BestStep }[];
  readonly settings: { readonly differing: readonly DifferingSetting[]; readonly same: number };
  readonly tasks: readonly {
    readonly task: string;
    readonly rows: number;
    readonly users: number;
    readonly metrics: readonly ContestMetric[];
    readonly main: string;
    readonly figures: readonly { readonly run: string; readonly metrics: Readonly<Record<string, Estimate>> }[];
    readonly differences: readonly RunDifference[];
    readonly idModels: readonly ComparedIdModel[]; // of the first run's version
  }[];
}

/**
 * Runs beside each other on the test rows: only the settings that differ, the best step of each, and each minus the first. ID models that were fitted on the
 * first one's version, or on the rows of one of the runs, stand beside them.
 *
 * studio  where the fits are kept
 * ids    two or more runs; the first is what the others are compared with
 * throws RectuneError 'usage' for an unknown run, a run named twice, runs whose test rows differ, or a run without predictions on test
 */
export function compareRuns(
  store: Store,
  studio: string,
  ids: readonly string[],
  options: ReportOptions,
): RunComparison {
  const runs = ids.map((id) => {
    const run = store.runs.get(id);
    return { run, version: versionOf(store, run) };
  });
  requireComparable(runs);
  const [first] = runs as [(typeof runs)[number], ...typeof runs];
  const choose = newestPredictions(store);
  const entrants = runs.map(({ run }) => {
    const set = choose(run, 'test', requireAdapter(run));
    return { id: run.id, scored: { set, predictions: store.predictions.rows(set.id) } };
  });
  const { version } = first;
  const rowsOfRuns = new Set(runs.map(({ run }) => rowsKey(run.config.rows)));
  const fits = fitsOfVersion(studio, version.hash).filter(
    ({ result }) => result.rows === null || rowsOfRuns.has(rowsKey(result.rows)),
  );
  const instructions = [...store.versions.instructions(version.hash, 'test')];
  const ground = { version, train: [], log: () => versionLog(store.sources, version), instructions, valid: [] }; // baselines are not asked
  return {
    rows: instructions.length,
    runs: runs.map(({ run }) => ({ id: run.id, status: run.status, training: bestStep(store, run, options) })),
    settings: differingSettings(runs),
    tasks: contestsOf(ground, entrants, fittedEntrants(fits)).map((contest) => comparedOn(contest, ids, options)),
  };
}

function requireComparable(runs: readonly { run: Run; version: DatasetVersion }[]): void {
  const [first, ...others] = runs;
  const where = 'rectune compare';
  if (!first || others.length === 0) {
    throw new RectuneError('usage', 'a comparison needs two runs or more', where, 'name them: rectune compare RUN RUN');
  }
  const twice = runs.find(({ run }, place) => runs.findIndex((other) => other.run.id === run.id) < place);
  if (twice) throw new RectuneError('usage', `run "${twice.run.id}" is named twice`, where, 'name each run once');
  const stranger = others.find(({ version }) => version.files.test !== first.version.files.test);
  if (!stranger) return;
  const told = ({ run, version }: typeof first) =>
    `"${run.id}" is judged on ${version.counts.test} rows of ${version.name} ${version.hash.slice(0, 12)}`;
  throw new RectuneError(
    'usage',
    `the test rows differ, so nothing can be paired: ${told(first)}, ${told(stranger)}`,
    where,
    `compare runs of one dataset version; rectune leaderboard ${first.version.hash.slice(0, 12)} lists those of the first`,
  );
}

function requireAdapter({ id, status, adapterHash }: Run): string {
  if (adapterHash !== null) return adapterHash;
  const fix = `train it to its end: rectune train --resume ${id}`;
  throw new RectuneError('usage', `run "${id}" has no adapter yet (it is ${status})`, `run ${id}`, fix);
}

function comparedOn(contest: Contest, ids: readonly string[], options: ReportOptions): RunComparison['tasks'][number] {
  const { task, rows, users, metrics, main, fitted } = contest;
  const resampled = new Resampled(users, options);
  const cells = [...ids, ...fitted.map(({ id }) => id)].flatMap((id) =>
    contest.metricsOf(id).map(({ id: metric }) => {
      const statistic = contest.statistic(id, metric);
      return { id, metric, statistic, read: resampled.ask(statistic) };
    }),
  );
  const cell = (id: string, metric: string) =>
    cells.find((one) => one.id === id && one.metric === metric) as (typeof cells)[number];
  const [first = '', ...others] = ids;
  const minusFirst = (id: string) =>
    contest.metricsOf(id).map(({ id: metric, better }): RunDifference => {
      const [own, reference] = [cell(id, metric), cell(first, metric)];
      const paired = difference(own.read(), reference.read());
      const estimate = resampled.estimate(paired);
      return {
        split: 'test',
        metric,
        run: id,
        difference: estimate,
        tests: pairedTests(own.statistic, reference.statistic, paired, options),
        finding: findingOf(better, estimate),
      };
    });
  const differences = correctedForRivals([...others, ...fitted.map(({ id }) => id)].flatMap(minusFirst));
  const figuresOf = (id: string) =>
    Object.fromEntries(
      contest.metricsOf(id).map(({ id: metric }) => [metric, resampled.estimate(cell(id, metric).read())]),
    );
  return {
    task,
    rows,
    users,
    metrics,
    main: main.id,
    figures: ids.map((id) => ({ run: id, metrics: figuresOf(id) })),
    differences: differences.filter(({ run }) => others.includes(run)),
    idModels: fitted.map(({ id, title }) => ({
      name: title,
      metrics: figuresOf(id),
      differences: differences.filter(({ run }) => run === id).map(({ run: _, ...rest }) => rest),
    })),
  };
}
