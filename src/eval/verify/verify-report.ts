import { dirname, join } from 'node:path';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { titlesOf } from '../../core/model-titles.js';
import type { PredictionSet } from '../../core/prediction.js';
import { readReport } from '../../core/read-report.js';
import type { Report } from '../../core/report.js';
import { exists, isFolder, readJson, readText } from '../../platform/files.js';
import { packageVersion } from '../../platform/package-version.js';
import { studioLayout } from '../../platform/studio.js';
import type { Store } from '../../store/store.js';
import type { KeptFit } from '../fitted-scores.js';
import { keptFit } from '../kept-fits.js';
import { REPORT_FILES } from '../report/write.js';
import { type Evaluated, evaluate } from '../report.js';
import { type Choose, reportInput } from '../report-input.js';
import { siblingOf } from '../siblings.js';
import { keptRanking } from '../tasks/kept-rankings.js';
import { keptWriting } from '../tasks/kept-writings.js';
import { keptProbe } from '../trust/kept-probes.js';
import { type DifferingValue, differingValues } from './differing-values.js';

/** What a report says that cannot be derived: when it was made, and by which version of this program. Everything else is compared. */
export const DESCRIPTIONS = ['madeAt', 'program'] as const;

/** not compared: another version of this program made the report, and may well have written the same figures otherwise. */
export type FileState = 'same' | 'differs' | 'missing' | 'not compared';

/** differs: another fit was written over it, or it can no longer be read. */
export type FitState = 'same' | 'differs' | 'missing';

export interface Verification {
  readonly report: string; // path
  readonly run: string;
  readonly compared: number; // values
  readonly differences: readonly DifferingValue[];
  readonly fits: readonly { readonly file: string; readonly model: string; readonly state: FitState }[]; // of ID models that the report names
  readonly files: readonly { readonly name: string; readonly state: FileState }[]; // beside the report
}

/**
 * Derives a report again from the predictions and fits that it names, without a model, and compares every value with what the file says; then the
 * other files beside it with what they are made of. Nothing is written.
 *
 * studio  folder of the studio, which keeps fits and answers to probes; one that is gone or changed shows as differing values
 * path    a report.json, or the folder of one
 * throws RectuneError 'data' for a file that is no report of this format, 'usage' when the studio lacks its run, 'data' when it lacks its predictions
 */
export async function verifyReport(store: Store, studio: string, path: string): Promise<Verification> {
  const file = isFolder(path) ? join(path, REPORT_FILES.json) : path;
  const { report, rows, titles, compared, differences, fits } = verifyValues(store, studio, file);
  const { renderedFiles } = await import('../report/rendered-files.js'); // as when a report is written: it draws
  const files = renderedFiles({ report, rows, titles })
    .filter(([name]) => name !== REPORT_FILES.json)
    .map(([name, text]) => ({ name, state: stateOf(join(dirname(file), name), text, report.program) }));
  return { report: file, run: report.run.id, compared, differences, fits, files };
}

/** The values of a report.json alone. Throws as verifyReport does. */
export function verifyValues(
  store: Store,
  studio: string,
  file: string,
): Pick<Verification, 'compared' | 'differences' | 'fits'> & Evaluated {
  const said = readJson(file);
  const report = readReport(said, file);
  const run = store.runs.get(report.run.id);
  const madeAt = new Date(0); // a description: what the report says stays
  const choose = named(store, report, file);
  const { options, seeds, trust } = report;
  const probes = trust.probes.flatMap(({ file: name }) => (name === null ? [] : (keptProbe(studio, run, name) ?? [])));
  const siblings = (version: DatasetVersion) =>
    (seeds[0]?.runs ?? [])
      .filter((one) => one.run !== run.id)
      .map((one) => siblingOf(store, store.runs.get(one.run), version, requireSet(store, one.set, file)));
  const rankings = report.rankings.flatMap((ranking) => keptRanking(studio, run, ranking.file) ?? []);
  const writing = report.written === null ? undefined : keptWriting(studio, run, report.written.file);
  const kept = report.idModels.fits.map((fit) => ({ fit, found: keptFit(studio, run.versionHash, fit.file) }));
  const fits = kept.flatMap(({ found }) => found ?? []);
  const again = evaluate(
    reportInput(store, run, { options, madeAt, choose, fits, siblings, rankings, writing, probes }),
  );
  let compared = 0;
  const differences = differingValues(withoutDescriptions(said), withoutDescriptions(written(again.report)), () => {
    compared += 1;
  });
  const states = kept.map(({ fit, found }) => ({
    file: `fits/${run.versionHash}/${fit.file}.json`,
    model: `${titlesOf(report)(fit.model)}, ${fit.kind}`,
    state: fitState(fit.sha256, found, exists(studioLayout.fit(studio, run.versionHash, fit.file))),
  }));
  return { report, rows: again.rows, titles: again.titles, compared, differences, fits: states };
}

function fitState(said: string, found: KeptFit | undefined, isThere: boolean): FitState {
  if (!found) return isThere ? 'differs' : 'missing';
  return found.sha256 === said ? 'same' : 'differs';
}

/** The predictions that the report names, even where newer ones answer the same question. */
function named(store: Store, { serving }: Report, where: string): Choose {
  return (_, split, adapterHash) => {
    const model = adapterHash === null ? 'base' : 'adapter';
    const id = serving.predictions.find((one) => one.model === model && one.split === split)?.set;
    if (id !== undefined) return requireSet(store, id, where);
    const what = `the report names no predictions of the ${model} on ${split}`;
    throw new RectuneError('data', what, where, 'make it again: rectune report');
  };
}

function requireSet(store: Store, id: string, where: string): PredictionSet {
  const set = store.predictions.find(id);
  if (set) return set;
  const what = `the report is made of the predictions ${id}, which this studio has not`;
  throw new RectuneError('data', what, where, 'name the studio that made the report: --studio');
}

function stateOf(path: string, text: string, program: string): FileState {
  if (!exists(path)) return 'missing';
  if (program !== packageVersion()) return 'not compared';
  return readText(path) === text ? 'same' : 'differs';
}

/** As a reader of the file gets it. */
function written(report: Report): unknown {
  return JSON.parse(JSON.stringify(report));
}

function withoutDescriptions(report: unknown): unknown {
  const told: readonly string[] = DESCRIPTIONS;
  return Object.fromEntries(Object.entries(report as object).filter(([key]) => !told.includes(key)));
}
