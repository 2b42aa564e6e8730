import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import type { Arithmetic } from '../core/prediction.js';
import { type Report, ReportOptions } from '../core/report.js';
import type { Run } from '../core/run.js';
import { sha256 } from '../platform/files.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Scored } from './align-predictions.js';
import { renderJson } from './report/json.js';
import { checkReportFolder, writeReport } from './report/write.js';
import { makeReport } from './report.js';
import type { SplitInput } from './split-scores.js';
import { stagesBefore } from './stages.js';

/** Where a report goes and what it may vary. */
export interface ReportRunSettings {
  readonly studio: string; // folder of the studio
  readonly directory?: string | undefined; // folder of its files; <studio>/reports/<run id> without it
  readonly now: () => Date;
  readonly options?: ReportOptions | undefined;
}

/**
 * Reports on a run from what the store keeps: reads rows and predictions, makes the report, writes its files and keeps it.
 * Nothing is scored here: the predictions of the adapter and of its base model must be there, on test and, if it has rows, on valid.
 *
 * throws RectuneError 'usage' for an unknown run, a run without adapter, or missing predictions, and when the folder cannot be written
 */
export async function reportRun(store: Store, runId: string, settings: ReportRunSettings): Promise<Report> {
  const { studio, now, options = ReportOptions.parse({}) } = settings;
  const run = store.runs.get(runId);
  const directory = settings.directory ?? studioLayout.report(studio, run.id);
  checkReportFolder(directory);
  const version = store.versions.find(run.versionHash);
  if (!version) throw new Error(`the store has run ${run.id} without its dataset version ${run.versionHash}`);
  const report = makeReport({
    version,
    run,
    stages: stagesBefore(store, run),
    events: store.runs.events(run.id),
    train: { [Symbol.iterator]: () => store.versions.instructions(version.hash, 'train') }, // may be read again
    log: () => logOf(store, version),
    valid: version.counts.valid === 0 ? undefined : splitInput(store, run, version, 'valid'),
    test: splitInput(store, run, version, 'test'),
    options,
    madeAt: now(),
    program: packageVersion(),
  });
  await writeReport(report, directory);
  const json = renderJson(report);
  store.reports.save({ id: sha256(json), runId: run.id, json, directory, madeAt: report.madeAt });
  return report;
}

/** The log that the version was built from. Throws RectuneError 'data' when another one stands in its place: its lines would be others. */
function logOf(store: Store, { sourceId, sourceHash, hash }: DatasetVersion): Iterable<Interaction> {
  if (store.sources.find(sourceId)?.hash === sourceHash) return store.sources.interactions(sourceId);
  throw new RectuneError(
    'data',
    `the log "${sourceId}" is not the one that the dataset version was built from`,
    `dataset version ${hash}`,
    'import that log again, or build the version from the log that is there',
  );
}

function splitInput(store: Store, run: Run, version: DatasetVersion, split: Split): SplitInput {
  if (run.adapterHash === null) {
    const fix = `train it to its end: rectune train --resume ${run.id}`;
    throw new RectuneError('usage', `run "${run.id}" has no adapter yet (it is ${run.status})`, `run ${run.id}`, fix);
  }
  const adapter = scored(store, run, split, run.adapterHash);
  return {
    instructions: [...store.versions.instructions(version.hash, split)],
    adapter,
    base: scored(store, run, split, null, adapter.set),
  };
}

/**
 * Predictions under the run's own length limit: under another one the same row is another prompt.
 *
 * alike  those that were computed as this set are taken before others
 */
function scored(store: Store, run: Run, split: Split, adapterHash: string | null, alike?: Arithmetic): Scored {
  const { id, versionHash, modelHash } = run;
  const { maxLength } = run.config;
  const asked = { versionHash, split, modelHash, adapterHash, maxLength };
  const same = alike && { device: alike.device, precision: alike.precision };
  const set = store.predictions.select({ ...asked, ...same }) ?? store.predictions.select(asked);
  if (set) return { set, predictions: store.predictions.rows(set.id) };
  const who = adapterHash === null ? `the base model of run "${id}"` : `run "${id}"`;
  throw new RectuneError(
    'usage',
    `${who} has no predictions on ${split}`,
    `run ${id}`,
    `run \`rectune predict ${id} --split ${split}\` first`,
  );
}
