import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Split } from '../core/instruction.js';
import { exists, sha256File } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';

/** The dataset version of a name, hash or unique beginning of a hash. Throws RectuneError (usage) when there is none. */
export function findVersion(store: Store, nameOrHash: string): DatasetVersion {
  const version = store.versions.find(nameOrHash);
  if (version) return version;
  const names = [...new Set(store.versions.list().map((known) => known.name))];
  const fix =
    names.length > 0
      ? `use one of ${names.join(', ')}, or build it: rectune build RECIPE`
      : 'build one: rectune build RECIPE';
  throw new RectuneError('usage', `there is no dataset version "${nameOrHash}"`, 'this studio', fix);
}

/**
 * The file of instruction lines of a split, after a check that it is still what was sealed.
 *
 * throws RectuneError (data) when it is gone or was changed
 */
export async function sealedSplit(studio: string, version: DatasetVersion, split: Split): Promise<string> {
  const path = studioLayout.instructions(studio, version.hash, split);
  const fix = `remove the folder ${studioLayout.version(studio, version.hash)} and build the version again`;
  if (!exists(path)) throw new RectuneError('data', `the ${split} split of "${version.name}" is gone`, path, fix);
  if ((await sha256File(path)) !== version.files[split]) {
    throw new RectuneError(
      'data',
      `the ${split} split of "${version.name}" was changed after it was sealed`,
      path,
      fix,
    );
  }
  return path;
}
