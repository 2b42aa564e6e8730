import { join } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { Origin, type SourceTerms } from '../core/hub-package.js';
import { parseAs } from '../core/parse.js';
import { exists, packageRoot, readJson, sha256File } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';

/** What is known of the log of a version: from the store while it holds that very log, else from where the version was pulled. */
export function sourceTerms(store: Store, studio: string, version: DatasetVersion): SourceTerms | null {
  const source = store.sources.find(version.sourceId);
  if (source && source.hash === version.sourceHash) {
    const { id, title, terms, homepage, files } = source;
    return { id, title, terms, homepage, files: files.map(({ name, sha256 }) => ({ name, sha256 })) };
  }
  const path = join(studioLayout.version(studio, version.hash), studioLayout.originFile);
  return exists(path) ? parseAs(Origin, readJson(path), path, 'data').source : null;
}

/**
 * Terms are prose, and a program that reads prose would be wrong one day: whoever pushes says that he may, unless the log is the
 * one that this project invented.
 *
 * throws  RectuneError (usage) with the terms
 */
export async function checkRedistribution(
  version: DatasetVersion,
  source: SourceTerms | null,
  mayRedistribute: boolean,
): Promise<void> {
  if (mayRedistribute || (source && (await isInvented(source)))) return;
  const what = source
    ? `the terms of the log must allow that its content is passed on; they are: ${source.terms}`
    : 'the log is in this studio no more, so its terms are not known';
  const fix = 'read them; if they allow it, add --i-may-redistribute';
  throw new RectuneError('usage', what, `source ${version.sourceId} of version ${version.name}`, fix);
}

/** Told by its content: anybody may call a log "tiny". */
async function isInvented({ files }: SourceTerms): Promise<boolean> {
  const folder = join(packageRoot(), 'datasets', 'tiny');
  for (const { name, sha256 } of files) {
    const path = join(folder, name);
    if (!/^[\w.-]+$/.test(name) || !exists(path) || (await sha256File(path)) !== sha256) return false;
  }
  return files.length > 0;
}
