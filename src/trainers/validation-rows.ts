import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction } from '../core/instruction.js';
import { Random } from '../core/random.js';
import type { NativeValidation, TrainOptions } from '../core/run-config.js';
import type { Store } from '../store/store.js';
import { sealedSplit } from './sealed-split.js';

/**
 * What a run evaluates on while it trains: rows of valid that have two labels, of whole users. The draw is the version's: every run on it with the same
 * --eval-rows evaluates on the same rows, so that runs of other seeds or settings can be compared. Without a word of the user a version that has nothing to evaluate on is trained without; one that asks for evaluations is told why there can be none.
 *
 * throws RectuneError: usage (options that contradict each other, no rows in valid), data (AUC would not be defined)
 */
export async function validationOf(
  store: Store,
  studio: string,
  version: DatasetVersion,
  options: Pick<TrainOptions, 'evalEvery' | 'evalRows' | 'patience' | 'keep'>,
): Promise<NativeValidation | null> {
  const { evalEvery, evalRows, patience, keep } = options;
  const needs = patience !== undefined ? '--patience' : keep === 'best' ? '--keep best' : undefined;
  if (evalEvery === 0) {
    if (needs === undefined) return null;
    const fix = `leave --eval-every out, or ${needs}`;
    throw new RectuneError('usage', `${needs} without evaluations on valid`, '--eval-every 0', fix);
  }
  const asked = needs ?? (evalEvery === undefined ? undefined : '--eval-every');
  const refuse = (kind: 'usage' | 'data', what: string, fix: string): null => {
    if (asked === undefined) return null;
    throw new RectuneError(kind, `${asked} needs rows to evaluate on, but ${what}`, `version ${version.name}`, fix);
  };
  const without = `leave ${asked} out, or build a version with such rows in valid`;
  if (version.counts.valid === 0) return refuse('usage', 'its valid split has none', without);
  const all = [...store.versions.instructions(version.hash, 'valid')].filter(hasTwoLabels);
  if (all.length === 0) return refuse('data', 'no row of valid has a yes/no label', without);
  const drawn = drawUsers(all, evalRows, version.hash);
  if (new Set(drawn.map(({ label }) => label)).size < 2) {
    const fix = `raise --eval-rows (valid has ${all.length} such rows), or leave ${asked} out`;
    return refuse('data', `the ${drawn.length} rows drawn of valid have one label, and AUC is not defined`, fix);
  }
  return {
    data: await sealedSplit(studio, version, 'valid'),
    rows: drawn.map(({ row }) => row),
    every: evalEvery ?? null,
    patience: patience ?? null,
    keep: patience === undefined ? keep : 'best', // a run that stops late on purpose is worth its best step
  };
}

/** AUC is of rows that are liked or not, and told so by the first token of one of two answers; of a mixture the others are left out. */
function hasTwoLabels({ label, choices, scored }: Instruction): boolean {
  return label !== null && scored !== 'likelihood' && (choices === null || choices.length === 2);
}

/**
 * Rows of whole users, as many users as fit in the order drawn; of one user more than fit only when nobody else fits. By row.
 *
 * draw  the same text draws the same rows
 */
export function drawUsers<Row extends Pick<Instruction, 'row' | 'userId'>>(
  all: readonly Row[],
  most: number,
  draw: string,
): Row[] {
  const ofUser = new Map<string, Row[]>();
  for (const row of all) ofUser.set(row.userId, [...(ofUser.get(row.userId) ?? []), row]);
  const users = new Random(0, `validation ${draw}`).shuffle([...ofUser.values()]);
  const drawn: Row[] = [];
  for (const rows of users) if (drawn.length + rows.length <= most) drawn.push(...rows);
  if (drawn.length === 0) drawn.push(...(users[0] ?? []));
  return drawn.sort((a, b) => a.row - b.row);
}
