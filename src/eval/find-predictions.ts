import type { Split } from '../core/instruction.js';
import type { Arithmetic, PredictionSet } from '../core/prediction.js';
import type { Run } from '../core/run.js';
import type { Store } from '../store/store.js';

/** A split on which a run is judged. */
export type ScoredSplit = Exclude<Split, 'train'>;

/**
 * The newest predictions under the run's own length limit: under another one the same row is another prompt. undefined where there are none.
 *
 * alike  those that were computed as this are taken before others
 */
export function findPredictions(
  store: Store,
  { versionHash, modelHash, config: { maxLength } }: Run,
  split: ScoredSplit,
  adapterHash: string | null,
  alike?: Arithmetic,
): PredictionSet | undefined {
  const asked = { versionHash, split, modelHash, adapterHash, maxLength };
  const same = alike && { device: alike.device, precision: alike.precision };
  return store.predictions.select({ ...asked, ...same }) ?? store.predictions.select(asked);
}
