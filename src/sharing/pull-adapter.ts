import { RectuneError } from '../core/errors.js';
import { AdapterPackage, PACKAGE_FILE } from '../core/hub-package.js';
import { parseAs } from '../core/parse.js';
import { readJson, sha256File } from '../platform/files.js';
import type { Hub } from '../platform/hub.js';
import { type PullOptions, pullFiles } from './pull-file.js';
import { ADAPTER_FILE } from './push-adapter.js';

/** An adapter in the hub's cache, and what is known of it. */
export interface PulledAdapter {
  readonly path: string;
  readonly commit: string;
  readonly adapter: AdapterPackage;
}

/**
 * Brings an adapter and its settings from a hub into the cache.
 *
 * throws  RectuneError: data when the adapter is not the one that its settings tell of; else as pullFiles
 */
export async function pullAdapter(hub: Hub, name: string, options: PullOptions): Promise<PulledAdapter> {
  const repo = { type: 'model', name } as const;
  const { commit, paths } = await pullFiles(hub, repo, [PACKAGE_FILE, ADAPTER_FILE], options);
  const where = (file: string) => `model ${name}, commit ${commit}: ${file}`;
  const adapter = parseAs(AdapterPackage, readJson(paths[PACKAGE_FILE] as string), where(PACKAGE_FILE), 'data');
  const path = paths[ADAPTER_FILE] as string;
  const hash = await sha256File(path);
  if (hash === adapter.adapter) return { path, commit, adapter };
  const what = `the adapter does not verify: its sha256 is ${hash}, and ${PACKAGE_FILE} says ${adapter.adapter}`;
  throw new RectuneError('data', what, where(ADAPTER_FILE), 'take another revision, or ask the one who pushed it');
}
