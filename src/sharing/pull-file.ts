import { nearestWord, RectuneError } from '../core/errors.js';
import { download, hasHubHash, type TransferProgress } from '../platform/download.js';
import { exists, fileSize } from '../platform/files.js';
import type { Hub, HubFile, HubRepo } from '../platform/hub.js';
import { CachedRepo } from '../platform/hub-cache.js';
import { withLock } from '../platform/lock.js';

export interface PullOptions {
  readonly cache: string; // folder of the hub's cache (platform/hub-cache.ts)
  readonly revision: string; // branch, tag or commit
  readonly refresh: boolean; // ask the hub what the revision means now, although the cache knows
  readonly onProgress: (progress: TransferProgress) => void;
  readonly onWait: (message: string) => void;
}

/** Files of a repository in the cache, all of one commit and each checked against its hash. */
export interface PulledFiles {
  readonly commit: string;
  readonly paths: Readonly<Record<string, string>>; // by name in the repository
  readonly bytes: number;
  readonly wasThere: boolean; // nothing was asked of the hub
}

/**
 * Makes sure that files of a repository lie in the cache. When all are there already, no connection is made.
 *
 * throws  RectuneError: usage when the repository, the revision or a file is not there or not allowed; data, stopped (download.ts)
 */
export async function pullFiles(
  hub: Hub,
  repo: HubRepo,
  names: readonly string[],
  options: PullOptions,
): Promise<PulledFiles> {
  const cached = new CachedRepo(options.cache, repo);
  const known = options.refresh ? undefined : cached.commitOf(options.revision);
  if (known !== undefined) {
    const paths = names.map((name) => cached.file(known, name));
    if (paths.every(exists)) {
      for (const path of paths) await checkCached(cached, path);
      return pulled(known, names, paths, true);
    }
  }
  const { commit } = await hub.repository(repo, options.revision);
  const files = await hub.files(repo, commit, names);
  for (const name of names) {
    if (!files.some(({ path }) => path === name)) throw await notThere(hub, repo, commit, name);
  }
  const paths: string[] = [];
  for (const name of names) {
    const file = files.find(({ path }) => path === name) as HubFile;
    paths.push(await pullBlob(hub, repo, commit, file, cached, options));
  }
  cached.remember(options.revision, commit);
  return pulled(commit, names, paths, false);
}

async function pullBlob(
  hub: Hub,
  repo: HubRepo,
  commit: string,
  file: HubFile,
  cached: CachedRepo,
  { onProgress, onWait }: PullOptions,
): Promise<string> {
  const wait = (heldBy: number) => onWait(`waiting for process ${heldBy}, which downloads ${file.path}`);
  await withLock(cached.lock(file), wait, async () => {
    const target = cached.blob(file);
    if (exists(target)) return checkBlob(target, file);
    await download(hub, { repo, commit, file, partial: cached.partial(file), target, onProgress });
  });
  return cached.link(file, commit);
}

function pulled(commit: string, names: readonly string[], paths: readonly string[], wasThere: boolean): PulledFiles {
  const bytes = paths.reduce((sum, path) => sum + fileSize(path), 0);
  return {
    commit,
    paths: Object.fromEntries(names.map((name, index) => [name, paths[index] as string])),
    bytes,
    wasThere,
  };
}

/** Of a copy (where links cannot be made) nobody knows the hash. */
async function checkCached(cached: CachedRepo, path: string): Promise<void> {
  const file = cached.hashOf(path);
  if (file) await checkBlob(path, file);
}

async function checkBlob(path: string, file: Pick<HubFile, 'hash' | 'hashKind'>): Promise<void> {
  if (await hasHubHash(path, file)) return;
  const what = `the file in the cache does not have its ${file.hashKind} ${file.hash}: it was changed, or is damaged`;
  throw new RectuneError('data', what, path, 'remove it (and what it links to), then give the command again');
}

async function notThere(hub: Hub, repo: HubRepo, commit: string, name: string): Promise<RectuneError> {
  const known = await hub.listing(repo, commit);
  const near = nearestWord(name, known);
  const alike = known.filter((other) => other.split('.').at(-1) === name.split('.').at(-1));
  const fix = near
    ? `did you mean "${near}"?`
    : `it has ${(alike.length > 0 ? alike : known).slice(0, 10).join(', ') || 'no files'}`;
  return new RectuneError('usage', `there is no file "${name}"`, `${repo.type} ${repo.name}, commit ${commit}`, fix);
}
