import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { SourceStore } from './source-store.js';

/** The log that a version was built from. Throws RectuneError 'data' when another one stands in its place: its lines would be others. */
export function versionLog(
  sources: SourceStore,
  { sourceId, sourceHash, hash }: Pick<DatasetVersion, 'sourceId' | 'sourceHash' | 'hash'>,
): Iterable<Interaction> {
  if (sources.find(sourceId)?.hash === sourceHash) return sources.interactions(sourceId);
  throw new RectuneError(
    'data',
    `the log "${sourceId}" is not the one that the dataset version was built from`,
    `dataset version ${hash}`,
    'import that log again, or build the version from the log that is there',
  );
}
