import { type Report, ReportOptions } from '../core/report.js';
import { sha256 } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { fitsBeside } from './kept-fits.js';
import { renderJson } from './report/json.js';
import { checkReportFolder, writeReport } from './report/write.js';
import { evaluate } from './report.js';
import { newestPredictions, reportInput } from './report-input.js';
import { newestRankings } from './tasks/kept-rankings.js';
import { newestWriting } from './tasks/kept-writings.js';
import { newestProbes } from './trust/kept-probes.js';

/** Where a report goes and what it may vary. */
export interface ReportRunSettings {
  readonly studio: string; // folder of the studio
  readonly directory?: string | undefined; // folder of its files; <studio>/reports/<run id> without it
  readonly now: () => Date;
  readonly options?: ReportOptions | undefined;
}

/**
 * Reports on a run from what the store keeps: reads rows and predictions, makes the report, writes its files and keeps it.
 * The trust panel is of the newest answers to each probe of the run that the studio keeps. Nothing is scored here: the predictions of the adapter and of its base model must be there, on test and, if it has rows, on valid. ID models stand beside
 * them as far as they were fitted.
 *
 * throws RectuneError 'usage' for an unknown run, a run without adapter, or missing predictions, and when the folder cannot be written
 */
export async function reportRun(store: Store, runId: string, settings: ReportRunSettings): Promise<Report> {
  const { studio, now, options = ReportOptions.parse({}) } = settings;
  const run = store.runs.get(runId);
  const directory = settings.directory ?? studioLayout.report(studio, run.id);
  checkReportFolder(directory);
  const evaluated = evaluate(
    reportInput(store, run, {
      options,
      madeAt: now(),
      choose: newestPredictions(store),
      fits: fitsBeside(studio, run.versionHash, run),
      rankings: newestRankings(studio, run),
      writing: newestWriting(studio, run),
      probes: newestProbes(studio, run),
    }),
  );
  await writeReport(evaluated, directory);
  const { report } = evaluated;
  const json = renderJson(report);
  store.reports.save({ id: sha256(json), runId: run.id, json, directory, madeAt: report.madeAt });
  return report;
}
