import { join } from 'node:path';
import { FIT_FORMAT, FitResult } from '../core/fit-result.js';
import { jsonOf, parseAs } from '../core/parse.js';
import type { Run } from '../core/run.js';
import { exists, listFolder, modifiedAt, readText, sha256 } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { KeptFit } from './fitted-scores.js';

const ENDING = '.json';

/** What a file of a fit says of itself, before its rows are read. */
type Head = Pick<FitResult, 'format' | 'versionHash' | 'protocol' | 'kind' | 'model' | 'rows'>;
type Candidate = { file: string; path: string; text: string; value: unknown; head: Head };

/**
 * The fits of a dataset version that belong beside a run: of those that learned from all of train, and of those from the run's own rows, one of each
 * model and kind. Of several the one with most seeds is taken, of these the newest.
 *
 * run     undefined: those that learned from all of train alone
 * throws  RectuneError 'data' for a file of this format that is broken
 */
export function fitsBeside(studio: string, versionHash: string, run: Pick<Run, 'config'> | undefined): KeptFit[] {
  const own = rowsKey(run?.config.rows ?? null);
  return newestOf(filesOf(studio, versionHash).filter(({ head }) => head.rows === null || rowsKey(head.rows) === own));
}

/** All fits of a version: as fitsBeside, of every set of rows that was learned from. */
export function fitsOfVersion(studio: string, versionHash: string): KeptFit[] {
  return newestOf(filesOf(studio, versionHash));
}

/** One fit by the name of its file; undefined where it is gone or is no fit of this format any more. */
export function keptFit(studio: string, versionHash: string, file: string): KeptFit | undefined {
  const found = candidate(studioLayout.fit(studio, versionHash, file), file);
  const read = found && FitResult.safeParse(found.value);
  return read?.success ? { file, sha256: sha256(found?.text ?? ''), result: read.data } : undefined;
}

/** Rows of train as a set. */
export function rowsKey(rows: readonly number[] | null): string {
  return rows === null ? 'all' : [...rows].sort((a, b) => a - b).join(' ');
}

function filesOf(studio: string, versionHash: string): Candidate[] {
  const folder = studioLayout.fits(studio, versionHash);
  return listFolder(folder)
    .filter((name) => name.endsWith(ENDING) && !name.startsWith('.'))
    .flatMap((name) => candidate(join(folder, name), name.slice(0, -ENDING.length)) ?? [])
    .filter(({ head }) => head.versionHash === versionHash);
}

/** undefined: another file, or one of another format */
function candidate(path: string, file: string): Candidate | undefined {
  if (!exists(path)) return undefined;
  const text = readText(path);
  const value = jsonOf(text);
  const head = value as Head | undefined;
  return head?.format === FIT_FORMAT && 'rows' in head ? { file, path, text, value, head } : undefined;
}

function newestOf(all: readonly Candidate[]): KeptFit[] {
  const best = new Map<string, { fit: KeptFit; at: number }>();
  for (const { file, path, text, value, head } of all) {
    const result = parseAs(FitResult, value, path, 'data');
    const key = [head.model, head.protocol, head.kind, rowsKey(result.rows)].join(' ');
    const [known, at] = [best.get(key), modifiedAt(path)];
    const seeds = result.seeds.length - (known?.fit.result.seeds.length ?? 0);
    if (known && (seeds < 0 || (seeds === 0 && at <= known.at))) continue;
    best.set(key, { fit: { file, sha256: sha256(text), result }, at });
  }
  return [...best.values()].map(({ fit }) => fit).sort((a, b) => (a.file < b.file ? -1 : 1));
}
