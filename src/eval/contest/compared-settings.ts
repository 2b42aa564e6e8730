import type { DatasetVersion } from '../../core/dataset-version.js';
import type { Run } from '../../core/run.js';
import { fileName, reportedSettings } from '../reported-settings.js';

/** A setting in which runs differ. */
export interface DifferingSetting {
  readonly setting: string;
  readonly values: readonly (string | number | boolean | null)[]; // in the order of the runs
}

/** Where passes are computed and how long they wait is no setting of a result. */
const OF_THE_MACHINE = new Set(['threads', 'memoryLimit', 'checkpointEvery', 'recompute']);

/** The settings in which the runs differ, and how many are the same in all. Data and base model count as settings. */
export function differingSettings(runs: readonly { readonly run: Run; readonly version: DatasetVersion }[]): {
  differing: DifferingSetting[];
  same: number;
} {
  const all = runs.map(({ run, version }) => settingsOf(run, version));
  const names = [...new Set(all.flatMap((settings) => Object.keys(settings)))];
  const differing = names
    .map((setting) => ({ setting, values: all.map((settings) => settings[setting] ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
  return { differing, same: names.length - differing.length };
}

type Value = string | number | boolean | null;

function settingsOf(run: Run, version: DatasetVersion): Record<string, Value> {
  const { validation } = run.config;
  return {
    'dataset version': `${version.name} ${version.hash.slice(0, 12)}`,
    'base model': `${fileName(run.modelPath)} ${run.modelHash.slice(0, 12)}`,
    ...flat(Object.entries(reportedSettings(run, version)).filter(([name]) => !OF_THE_MACHINE.has(name))),
    keeps: validation?.keep ?? 'last',
    'validation every': validation?.every ?? null,
  };
}

function flat(entries: readonly [string, unknown][]): Record<string, Value> {
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value),
    ]),
  );
}
