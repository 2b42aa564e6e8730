import { join } from 'node:path';
import { parseAs } from '../../core/parse.js';
import type { Run } from '../../core/run.js';
import { RANKED_SETS, type RankedSet, RankingResult } from '../../core/title-ranking.js';
import { exists, listFolder, modifiedAt, readJson, readText, sha256 } from '../../platform/files.js';
import { studioLayout } from '../../platform/studio.js';

const ENDING = '.json';

/** A ranking by written titles, and the file that keeps it. */
export interface KeptRanking {
  readonly file: string; // its name without the ending
  readonly sha256: string;
  readonly result: RankingResult;
}

type Ranked = Pick<Run, 'id' | 'versionHash' | 'modelHash' | 'adapterHash'>;

/**
 * The newest ranking of each set that is of a run's version, model and adapter; candidates first.
 *
 * throws RectuneError 'data' for a file that is no ranking
 */
export function newestRankings(studio: string, run: Ranked): KeptRanking[] {
  const folder = studioLayout.rankings(studio, run.id);
  const newest = new Map<RankedSet, { kept: KeptRanking; at: number }>();
  for (const name of listFolder(folder)) {
    if (!name.endsWith(ENDING) || name.startsWith('.')) continue;
    const path = join(folder, name);
    const result = parseAs(RankingResult, readJson(path), path, 'data');
    const at = modifiedAt(path);
    if (!isOf(result, run) || (newest.get(result.set)?.at ?? -1) > at) continue;
    const kept = { file: name.slice(0, -ENDING.length), sha256: sha256(readText(path)), result };
    newest.set(result.set, { kept, at });
  }
  return RANKED_SETS.flatMap((set) => newest.get(set)?.kept ?? []);
}

/** The ranking in one file; undefined where it is gone, or is none of this run any more. */
export function keptRanking(studio: string, run: Ranked, file: string): KeptRanking | undefined {
  const path = studioLayout.ranking(studio, run.id, file);
  if (!exists(path)) return undefined;
  const text = readText(path);
  const read = RankingResult.safeParse(jsonOf(text));
  return read.success && isOf(read.data, run) ? { file, sha256: sha256(text), result: read.data } : undefined;
}

function isOf({ versionHash, modelHash, adapterHash }: RankingResult, run: Ranked): boolean {
  return versionHash === run.versionHash && modelHash === run.modelHash && adapterHash === run.adapterHash;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
