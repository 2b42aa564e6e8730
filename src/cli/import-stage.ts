import { RectuneError } from '../core/errors.js';
import { MAX_REJECTS, type Source } from '../core/source.js';
import type { FoundSpec } from '../sources/find-spec.js';
import { type ImportProgress, importLog } from '../sources/import-log.js';
import type { Store } from '../store/store.js';
import type { Stoppable } from './signals.js';

/** How a log comes into the store for a recipe, and where that is told of. */
export interface ImportStage {
  readonly stoppable: Stoppable;
  readonly now: () => Date;
  readonly onStage: (line: string) => void;
  readonly onReading?: ((read: ImportProgress) => void) | undefined;
}

/**
 * The log in a folder, in the store: read, unless it stands there already.
 *
 * wanted  the source that the recipe reads
 * found   what was found out about the folder
 * throws  RectuneError 'usage' when it is the log of another source, and what importLog throws
 */
export async function importFor(
  store: Store,
  wanted: string,
  log: string,
  found: FoundSpec | undefined,
  stage: ImportStage,
): Promise<Source> {
  const how = { maxRejects: MAX_REJECTS, now: stage.now, onProgress: stage.onReading };
  const source = await stage.stoppable((signal) => importLog(store, { path: log, found, ...how, signal }));
  if (source.id !== wanted) {
    const fix = `name a log of "${wanted}", or a recipe for "${source.id}"`;
    throw new RectuneError('usage', `the recipe reads "${wanted}", but this log is "${source.id}"`, log, fix);
  }
  const { interactions, users, rejects } = source.counts;
  const state = source.unchanged
    ? 'in the store already'
    : `${interactions} interactions of ${users} users, ${rejects} rows rejected`;
  stage.onStage(`import: ${source.id}, ${state}`);
  return source;
}
