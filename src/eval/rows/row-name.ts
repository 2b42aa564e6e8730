import type { DatasetVersion } from '../../core/dataset-version.js';
import type { Split } from '../../core/instruction.js';

const HASH_DIGITS = 12; // a name may come to mean another version, a hash does not

/** "86dd3d4686eb/test/17": what `rectune show` takes. */
export function rowName({ hash }: Pick<DatasetVersion, 'hash'>, split: Split, row: number): string {
  return `${hash.slice(0, HASH_DIGITS)}/${split}/${row}`;
}
