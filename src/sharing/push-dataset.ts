import { join } from 'node:path';
import { stringify } from 'yaml';
import { type DatasetVersion, versionIdentity } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { type DatasetPackage, detailOf, PACKAGE_FILE, PACKAGE_FORMAT } from '../core/hub-package.js';
import { SPLITS } from '../core/instruction.js';
import type { TransferProgress } from '../platform/download.js';
import { exists, readJson, remove, sha256, sha256File, writeSealed } from '../platform/files.js';
import type { Hub } from '../platform/hub.js';
import { upload } from '../platform/hub-upload.js';
import { toJsonLines } from '../platform/json-lines.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { datasetCard } from './dataset-card.js';
import { checkRedistribution, sourceTerms } from './source-terms.js';

export interface PushOptions {
  readonly studio: string;
  readonly repo: string; // "org/name"
  readonly branch: string;
  readonly isPublic: boolean;
  readonly message: string | undefined;
  readonly program: string; // version of Rectune
  readonly onProgress: (progress: TransferProgress) => void;
}

/** What stands in a repository now. */
export interface Pushed {
  readonly repo: string;
  readonly commit: string;
  readonly files: readonly string[];
}

export const detailFile = (split: string): string => `details/${split}.jsonl`;

/**
 * Lays a dataset version into a repository: its sealed files as they are, what the store knows beside them, recipe and card.
 *
 * throws  RectuneError: usage when nobody says that the log's terms allow it, or the hub refuses; data when a sealed file was changed
 */
export async function pushDataset(
  store: Store,
  hub: Hub,
  version: DatasetVersion,
  { mayRedistribute, ...options }: PushOptions & { mayRedistribute: boolean },
): Promise<Pushed> {
  const { studio, repo, program } = options;
  const source = sourceTerms(store, studio, version);
  await checkRedistribution(version, source, mayRedistribute);
  const files = await sealedFiles(studio, version);
  const outgoing = studioLayout.outgoing(studio, version.hash);
  try {
    const write = (name: string, content: string | Iterable<string>) => {
      files[name] = join(outgoing, name);
      writeSealed(files[name], content);
    };
    for (const split of SPLITS) {
      write(detailFile(split), toJsonLines(details(store, version, split)));
    }
    write('recipe.yaml', stringify(version.recipe));
    const hashes: Record<string, string> = {};
    for (const [name, path] of Object.entries(files)) hashes[name] = await sha256File(path);
    const described: DatasetPackage = {
      format: PACKAGE_FORMAT,
      kind: 'dataset',
      program,
      version: version.hash,
      source,
      files: hashes,
    };
    write(PACKAGE_FILE, `${JSON.stringify(described, null, 2)}\n`);
    write('README.md', datasetCard(repo, version, source));
    const { branch, isPublic, message = `${version.name} ${version.hash.slice(0, 12)}`, onProgress } = options;
    const request = { repo: { type: 'dataset', name: repo } as const, branch, isPublic, message, files, onProgress };
    return { repo, commit: await upload(hub, request), files: Object.keys(files) };
  } finally {
    remove(outgoing);
  }
}

function* details(store: Store, { hash }: DatasetVersion, split: (typeof SPLITS)[number]) {
  for (const instruction of store.versions.instructions(hash, split)) yield detailOf(instruction);
}

/** The files of versions/<hash>/ by name, after a check that they are what was sealed. */
async function sealedFiles(studio: string, version: DatasetVersion): Promise<Record<string, string>> {
  const folder = studioLayout.version(studio, version.hash);
  const files: Record<string, string> = {};
  for (const split of SPLITS) {
    const path = join(folder, studioLayout.splitFile(split));
    if (!exists(path) || (await sha256File(path)) !== version.files[split]) {
      const fix = 'remove the folder and build the version again';
      throw new RectuneError('data', 'a sealed file was changed or removed', path, fix);
    }
    files[studioLayout.splitFile(split)] = path;
  }
  const manifest = join(folder, studioLayout.manifestFile);
  if (sha256(versionIdentity(readJson(manifest) as DatasetVersion)) !== version.hash) {
    const fix = 'remove the folder and build the version again';
    throw new RectuneError('data', 'the manifest does not give the hash of the version', manifest, fix);
  }
  return { [studioLayout.manifestFile]: manifest, ...files };
}
