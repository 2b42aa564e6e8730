import type { DatasetVersion } from '../core/dataset-version.js';
import type { ReportedSettings } from '../core/report.js';
import type { Run } from '../core/run.js';

/** What a run was trained with, without the paths of the machine and what changes no byte of the adapter. */
export function reportedSettings({ config }: Pick<Run, 'config'>, version: DatasetVersion): ReportedSettings {
  const { protocol, model, adapter, runDirectory, data, rows, validation, resume, ...rest } = config;
  const { cacheHidden, cacheLimit, cacheDirectory, ...settings } = rest;
  return {
    ...settings,
    rows: rows?.length ?? version.counts.train,
    startAdapter: adapter === null ? null : fileName(adapter),
  };
}

/** The last part of a path of either kind. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
