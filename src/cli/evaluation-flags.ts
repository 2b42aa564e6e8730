import { nearestWord, RectuneError } from '../core/errors.js';
import { RANKING_KINDS, type RankingKind, WriteSettings } from '../core/evaluation.js';

const NONE = 'none';

/** Kinds of rankings with commas; "none" for none; undefined: nothing is said. Throws RectuneError 'usage' for a name that no kind has. */
export function readRankings(list: string | undefined): RankingKind[] | undefined {
  if (list === undefined) return undefined;
  if (list.trim() === NONE) return [];
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (RANKING_KINDS.some((kind) => kind === name)) continue;
    const near = nearestWord(name, [...RANKING_KINDS, NONE]);
    const fix = `${near ? `did you mean "${near}"? ` : ''}use names of this list, with commas: ${RANKING_KINDS.join(', ')}; or ${NONE}`;
    throw new RectuneError('usage', `there is no ranking "${name}"`, '--rankings', fix);
  }
  return RANKING_KINDS.filter((kind) => names.includes(kind));
}

/** Most rows behind which texts are written; null for "none"; undefined: nothing is said. Throws RectuneError 'usage' for anything else. */
export function readWriting(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === NONE) return null;
  const rows = WriteSettings.shape.rows.safeParse(text);
  if (rows.success) return rows.data;
  throw new RectuneError('usage', `"${text}" is no number of rows`, '--write', `write a number above 0, or ${NONE}`);
}
