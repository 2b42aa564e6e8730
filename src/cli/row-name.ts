import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';

/** A row of a version by its name on the command line, "tallrec-movie/train/3". Throws RectuneError (usage). */
export function readRowName(name: string): { version: string; split: Split; row: number } {
  const [, version = '', split = '', row = ''] = /^(.+)\/([a-z]+)\/(\d+)$/.exec(name) ?? [];
  const known = SPLITS.find((one) => one === split);
  if (known && Number.isSafeInteger(Number(row))) return { version, split: known, row: Number(row) };
  throw new RectuneError(
    'usage',
    `"${name}" names no row`,
    'rectune show',
    `write VERSION/SPLIT/N, a split being one of ${SPLITS.join(', ')}: tallrec-movie/train/0`,
  );
}
