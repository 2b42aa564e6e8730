import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { SPLITS, type Split } from '../../core/instruction.js';
import { parseAs } from '../../core/parse.js';
import { ReviewLine } from '../../core/review.js';
import { jsonLines } from '../../platform/json-lines.js';

/**
 * What a review file says of a version: of each row its last line that is not `open`, else that one. Rows come in the order in which the
 * file first names them.
 *
 * throws  RectuneError 'data' for a line that is none, or that names a row which the version does not have
 */
export function readReview(path: string, version: DatasetVersion): Map<string, ReviewLine> {
  const verdicts = new Map<string, ReviewLine>();
  for (const { line, value } of jsonLines(path)) {
    const said = parseAs(ReviewLine, value, `${path}:${line}`, 'data');
    if (said.row >= version.counts[said.split]) {
      const what = `${said.split} of "${version.name}" has ${version.counts[said.split]} rows, and this is row ${said.row}`;
      throw new RectuneError('data', what, `${path}:${line}`, 'use the review file of this version');
    }
    const key = reviewKey(said);
    if (said.verdict !== 'open' || !verdicts.has(key)) verdicts.set(key, said);
  }
  return verdicts;
}

export function reviewKey({ split, row }: { split: Split; row: number }): string {
  return `${SPLITS.indexOf(split)} ${row}`;
}
