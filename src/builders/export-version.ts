import { join } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';
import { exists, readBytes, writeSealed } from '../platform/files.js';
import { checkOutputFiles } from '../platform/output-place.js';
import type { Store } from '../store/store.js';
import { pythonJson } from './python-json.js';

/** Formats that a version can be exported to. Both are published as Python's json.dump(indent=4) of {instruction, input, output}. */
export const EXPORT_FORMATS = ['tallrec', 'alpaca'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly out: string; // folder; made when needed
  readonly force?: boolean; // replace files that hold something else
}

/** A file that was written, or stood there with the same content. */
export interface ExportedFile {
  readonly path: string;
  readonly rows: number;
}

/**
 * Writes train.json, valid.json and test.json: an array of {instruction, input, output} each, rows in order.
 *
 * throws  RectuneError before anything is written: 'usage' when one of the files is there with other content, unless forced,
 *         or when the folder cannot be one; 'data' when the disk refuses
 */
export function exportVersion(store: Store, version: DatasetVersion, options: ExportOptions): ExportedFile[] {
  const pathOf = (split: Split) => join(options.out, `${split}.json`);
  checkOutputFiles(SPLITS.map(pathOf));
  const files = SPLITS.map((split) => {
    const rows = [...store.versions.instructions(version.hash, split)];
    const objects = rows.map(({ instruction, input, answer }) => ({ instruction, input, output: answer }));
    return { path: pathOf(split), rows: rows.length, text: [...pythonJson(objects)].join('') };
  });
  const missing = files.filter((file) => !exists(file.path));
  const different = files.filter((file) => exists(file.path) && !Buffer.from(file.text).equals(readBytes(file.path)));
  const [first] = different;
  if (first && !options.force) {
    const fix = 'name another folder with --out, or replace the files with --force';
    throw new RectuneError('usage', 'the file is there and holds something else', first.path, fix);
  }
  for (const file of [...missing, ...different]) writeSealed(file.path, file.text);
  return files.map(({ path, rows }) => ({ path, rows }));
}
