import { join } from 'node:path';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { SPLITS } from '../../core/instruction.js';
import { exists, readChunks, sha256Pieces, writeSealed } from '../../platform/files.js';
import { checkOutputFiles } from '../../platform/output-place.js';
import type { Store } from '../../store/store.js';
import { type ExportFormat, FORMAT_FILES } from './formats.js';

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly out: string; // folder; made when needed
  readonly force?: boolean; // replace files that hold something else
  readonly origins?: boolean; // split, row, user, item, label and template of each row, where the format has room; true without it
}

/** A file that was written, or stood there with the same content. */
export interface ExportedFile {
  readonly path: string;
  readonly rows: number;
}

/**
 * Writes each split of a version as the format has it, rows in order. Rows go from the store to the file as they are read: a version of
 * any length fits.
 *
 * throws  RectuneError before anything is written: 'usage' when one of the files is there with other content, unless forced,
 *         or when the folder cannot be one; 'data' when the disk refuses
 */
export function exportVersion(store: Store, version: DatasetVersion, options: ExportOptions): ExportedFile[] {
  const files = SPLITS.flatMap((split) =>
    FORMAT_FILES[options.format].map(({ ending, content }) => ({
      path: join(options.out, `${split}.${ending}`),
      rows: version.counts[split],
      content: () => content(store.versions.instructions(version.hash, split), options.origins ?? true),
    })),
  );
  checkOutputFiles(files.map(({ path }) => path));
  const stale = files.filter(({ path, content }) => !exists(path) || !holds(path, content()));
  const other = stale.find(({ path }) => exists(path));
  if (other && !options.force) {
    const fix = 'name another folder with --out, or replace the files with --force';
    throw new RectuneError('usage', 'the file is there and holds something else', other.path, fix);
  }
  for (const { path, content } of stale) writeSealed(path, content());
  return files.map(({ path, rows }) => ({ path, rows }));
}

function holds(path: string, content: Iterable<string | Uint8Array>): boolean {
  return sha256Pieces(readChunks(path)) === sha256Pieces(content);
}
