import { basename, join } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import { AdapterPackage, PACKAGE_FILE, PACKAGE_FORMAT } from '../core/hub-package.js';
import { Report } from '../core/report.js';
import type { Run } from '../core/run.js';
import { remove, writeSealed } from '../platform/files.js';
import type { Hub } from '../platform/hub.js';
import { upload } from '../platform/hub-upload.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { adapterCard } from './adapter-card.js';
import type { Pushed, PushOptions } from './push-dataset.js';
import { sourceTerms } from './source-terms.js';

export const ADAPTER_FILE = 'adapter.gguf';

/**
 * Lays the adapter of a finished run into a repository, with its settings and a card.
 *
 * path    of the adapter; the caller has checked that it is the run's
 * throws  RectuneError: usage when the hub refuses; data, stopped
 */
export async function pushAdapter(
  store: Store,
  hub: Hub,
  run: Run,
  { path, ...options }: PushOptions & { path: string },
): Promise<Pushed> {
  const { studio, repo, branch, isPublic, program, message = run.id, onProgress } = options;
  const version = store.versions.find(run.versionHash);
  if (!version) throw new Error(`the store has no version ${run.versionHash}`);
  const described = describedRun(run, version, program);
  const report = latestReport(store, run);
  const outgoing = studioLayout.outgoing(studio, run.id);
  const files = {
    [ADAPTER_FILE]: path,
    [PACKAGE_FILE]: join(outgoing, PACKAGE_FILE),
    'README.md': join(outgoing, 'README.md'),
  };
  try {
    writeSealed(files[PACKAGE_FILE] as string, `${JSON.stringify(described, null, 2)}\n`);
    writeSealed(
      files['README.md'] as string,
      adapterCard(repo, described, sourceTerms(store, studio, version), report),
    );
    const target = { type: 'model', name: repo } as const;
    const commit = await upload(hub, { repo: target, branch, isPublic, message, files, onProgress });
    return { repo, commit, files: Object.keys(files) };
  } finally {
    remove(outgoing);
  }
}

/** What a run was made of and with, without the places where it lay. */
function describedRun(run: Run, version: DatasetVersion, program: string): AdapterPackage {
  const known: Record<string, unknown> = run.config;
  const keys = Object.keys(AdapterPackage.shape.settings.shape);
  const settings = Object.fromEntries(keys.filter((key) => key in known).map((key) => [key, known[key]]));
  return AdapterPackage.parse({
    format: PACKAGE_FORMAT,
    kind: 'adapter',
    program,
    run: run.id,
    configHash: run.configHash,
    adapter: run.adapterHash,
    baseModel: { file: basename(run.modelPath), sha256: run.modelHash },
    data: { name: version.name, hash: version.hash, labels: version.labels },
    startAdapter: run.startAdapter?.hash ?? null,
    settings: { ...settings, rows: run.config.rows?.length ?? version.counts.train },
  });
}

/** The newest report on a run, or undefined when there is none that this program can read. */
function latestReport(store: Store, run: Run): Report | undefined {
  const stored = store.reports.newest(run.id);
  return stored && Report.safeParse(JSON.parse(stored.json)).data;
}
