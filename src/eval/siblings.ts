import type { DatasetVersion } from '../core/dataset-version.js';
import type { PredictionSet } from '../core/prediction.js';
import type { Run } from '../core/run.js';
import type { Store } from '../store/store.js';
import { differingSettings } from './contest/compared-settings.js';
import { findPredictions } from './find-predictions.js';
import { reportedSettings } from './reported-settings.js';
import type { Sibling } from './seed-figures.js';

/** In what siblings may differ: chance, and how many rows of train they saw. */
const MAY_DIFFER = new Set(['seed', 'rows']);

/** The other finished runs on a version whose settings differ in nothing else, and whose test rows are scored. */
export function siblingsOf(store: Store, run: Run, version: DatasetVersion): Sibling[] {
  return store.runs.list().flatMap((other) => {
    if (other.id === run.id || other.versionHash !== run.versionHash || other.status !== 'done') return [];
    const { differing } = differingSettings([run, other].map((one) => ({ run: one, version })));
    if (differing.length === 0 || differing.some(({ setting }) => !MAY_DIFFER.has(setting))) return [];
    const set = other.adapterHash === null ? undefined : findPredictions(store, other, 'test', other.adapterHash);
    return set ? [siblingOf(store, other, version, set)] : [];
  });
}

export function siblingOf(store: Store, run: Run, version: DatasetVersion, set: PredictionSet): Sibling {
  const { seed, rows } = reportedSettings(run, version);
  return { run: run.id, seed, rows, scored: { set, predictions: store.predictions.rows(set.id) } };
}
