import { join } from 'node:path';
import { parseAs } from '../../core/parse.js';
import { type ProbeName, ProbeResult } from '../../core/probe.js';
import type { Run } from '../../core/run.js';
import { exists, listFolder, modifiedAt, readJson, readText, sha256 } from '../../platform/files.js';
import { studioLayout } from '../../platform/studio.js';

const ENDING = '.json';

/** The answers to a probe, and the file that keeps them. */
export interface KeptProbe {
  readonly file: string; // its name without the ending
  readonly sha256: string;
  readonly result: ProbeResult;
}

/** Of whose adapter and rows a probe must be. */
export type Probed = Pick<Run, 'id' | 'versionHash' | 'modelHash' | 'adapterHash'>;

/**
 * The newest answers to each probe of a run that are about its version, its model and its adapter.
 *
 * throws RectuneError 'data' for a file that is no answer to a probe
 */
export function newestProbes(studio: string, run: Probed): KeptProbe[] {
  const folder = studioLayout.probes(studio, run.id);
  const newest = new Map<ProbeName, { kept: KeptProbe; at: number }>();
  for (const name of listFolder(folder)) {
    if (!name.endsWith(ENDING) || name.startsWith('.')) continue;
    const path = join(folder, name);
    const result = parseAs(ProbeResult, readJson(path), path, 'data');
    if (!isOf(result, run)) continue;
    const at = modifiedAt(path);
    if ((newest.get(result.probe)?.at ?? -1) > at) continue;
    newest.set(result.probe, {
      kept: { file: name.slice(0, -ENDING.length), sha256: sha256(readText(path)), result },
      at,
    });
  }
  return [...newest.values()].map(({ kept }) => kept);
}

/** The answers in one file; undefined where it is gone, or holds none of this run any more. */
export function keptProbe(studio: string, run: Probed, file: string): KeptProbe | undefined {
  const path = studioLayout.probe(studio, run.id, file);
  if (!exists(path)) return undefined;
  const text = readText(path);
  const read = ProbeResult.safeParse(jsonOf(text));
  return read.success && isOf(read.data, run) ? { file, sha256: sha256(text), result: read.data } : undefined;
}

function isOf({ versionHash, modelHash, adapterHash }: ProbeResult, run: Probed): boolean {
  return versionHash === run.versionHash && modelHash === run.modelHash && adapterHash === run.adapterHash;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
