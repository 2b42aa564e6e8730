import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Arithmetic, PredictionSet } from '../core/prediction.js';
import type { ReportOptions } from '../core/report.js';
import type { Run } from '../core/run.js';
import { packageVersion } from '../platform/package-version.js';
import type { Store } from '../store/store.js';
import { versionLog } from '../store/version-log.js';
import type { Scored } from './align-predictions.js';
import { findPredictions, type ScoredSplit } from './find-predictions.js';
import type { KeptFit } from './fitted-scores.js';
import type { ReportInput } from './report.js';
import type { Sibling } from './seed-figures.js';
import { siblingsOf } from './siblings.js';
import type { SplitInput } from './split-scores.js';
import { stagesBefore } from './stages.js';
import type { KeptRanking } from './tasks/kept-rankings.js';
import type { KeptWriting } from './tasks/kept-writings.js';
import type { KeptProbe } from './trust/kept-probes.js';

/** Which predictions a report is made of: the adapter's, or with null the base model's. */
export type Choose = (run: Run, split: ScoredSplit, adapterHash: string | null, alike?: Arithmetic) => PredictionSet;

/**
 * Everything that a report on a run is made from, out of the store.
 *
 * fits  what ID models say of the version's rows
 * siblings  the runs that its seeds are shown beside; all that there are without it
 * choose  the newest predictions that answer the run's own question (newestPredictions), or others that are named
 * rankings, writing  that were asked for beside the evaluation
 * probes  the answers that the trust panel is made from
 * throws  RectuneError 'usage' for a run without adapter or predictions, 'data' when another log stands in the place of the version's
 */
export function reportInput(
  store: Store,
  run: Run,
  {
    options,
    madeAt,
    choose,
    fits,
    siblings,
    rankings,
    writing,
    probes,
  }: {
    options: ReportOptions;
    madeAt: Date;
    choose: Choose;
    rankings: readonly KeptRanking[];
    writing: KeptWriting | undefined;
    probes: readonly KeptProbe[];
    fits: readonly KeptFit[];
    siblings?: (version: DatasetVersion) => Sibling[];
  },
): ReportInput {
  const version = versionOf(store, run);
  const split = (name: ScoredSplit) => splitInput(store, run, version, name, choose);
  return {
    version,
    run,
    stages: stagesBefore(store, run),
    siblings: siblings ? siblings(version) : siblingsOf(store, run, version),
    fits,
    events: store.runs.events(run.id),
    train: { [Symbol.iterator]: () => store.versions.facts(version.hash, 'train') }, // may be read again
    log: () => versionLog(store.sources, version),
    valid: version.counts.valid === 0 ? undefined : split('valid'),
    test: split('test'),
    rankings,
    writing,
    probes,
    options,
    madeAt,
    program: packageVersion(),
  };
}

export function versionOf(store: Store, run: Pick<Run, 'id' | 'versionHash'>): DatasetVersion {
  const version = store.versions.find(run.versionHash);
  if (!version) throw new Error(`the store has run ${run.id} without its dataset version ${run.versionHash}`);
  return version;
}

/** throws RectuneError 'usage' when the run has no adapter yet, or predictions are missing */
export function splitInput(
  store: Store,
  run: Run,
  version: DatasetVersion,
  split: ScoredSplit,
  choose: Choose,
): SplitInput {
  if (run.adapterHash === null) {
    const fix = `train it to its end: rectune train --resume ${run.id}`;
    throw new RectuneError('usage', `run "${run.id}" has no adapter yet (it is ${run.status})`, `run ${run.id}`, fix);
  }
  const scored = (set: PredictionSet): Scored => ({ set, predictions: store.predictions.rows(set.id) });
  const adapter = choose(run, split, run.adapterHash);
  return {
    instructions: [...store.versions.instructions(version.hash, split)],
    adapter: scored(adapter),
    base: scored(choose(run, split, null, adapter)),
  };
}

/**
 * The newest predictions under the run's own length limit: under another one the same row is another prompt. Those that were computed as the
 * adapter's are taken before others.
 */
export function newestPredictions(store: Store): Choose {
  return (run, split, adapterHash, alike) => {
    const set = findPredictions(store, run, split, adapterHash, alike);
    if (set) return set;
    const who = adapterHash === null ? `the base model of run "${run.id}"` : `run "${run.id}"`;
    throw new RectuneError(
      'usage',
      `${who} has no predictions on ${split}`,
      `run ${run.id}`,
      `run \`rectune predict ${run.id} --split ${split}\` first`,
    );
  };
}
