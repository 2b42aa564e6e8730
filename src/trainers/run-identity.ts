import type { NativeTrainConfig } from '../core/run-config.js';
import { sha256 } from '../platform/files.js';

/** What says how a run is carried out, but not what comes out of it. */
const NO_PART = [
  'protocol',
  'model',
  'adapter',
  'runDirectory',
  'data',
  'cacheHidden',
  'cacheLimit',
  'cacheDirectory',
  'recompute',
  'memoryLimit',
  'checkpointEvery',
  'spikeFactor',
  'threads',
  'resume',
  'mergedType',
] as const;

/** What a setting that came later meant before: with that value it does not count, so that the runs of before keep their names. */
const AS_BEFORE: Partial<NativeTrainConfig> = {
  layers: 'all',
  scaling: 'standard',
  init: 'random',
  variant: 'lora',
  loraPlusRatio: 1,
};

/**
 * The hash of all that decides an adapter: each setting, and the content (not the path) of data, model and start adapter.
 * Keys are sorted, so the order in which a schema lists them does not count.
 */
export function configHash(
  config: NativeTrainConfig,
  content: { versionHash: string; modelHash: string; adapterHash: string | null },
): string {
  const before: Record<string, unknown> = AS_BEFORE;
  const settings = Object.entries({ ...config, validation: decidingValidation(config) }).filter(
    ([key, value]) => !NO_PART.some((name) => name === key) && !(key in before && before[key] === value),
  );
  const decisive = [...settings, ...Object.entries(content)].sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(decisive));
}

/** How a run is watched changes no bit of its last adapter; the rows and times decide only which step's adapter is kept. */
function decidingValidation({
  validation,
}: NativeTrainConfig): Omit<NonNullable<NativeTrainConfig['validation']>, 'data'> | null {
  if (validation === null || validation.keep === 'last') return null;
  const { data: _, ...decisive } = validation;
  return decisive;
}

/** A run's name: the dataset version's name, then the first 8 digits of the hash. */
export function runId(versionName: string, hash: string): string {
  return `${versionName}-${hash.slice(0, 8)}`;
}
