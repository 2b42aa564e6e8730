import { lstatSync, realpathSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { copySealed, exists, makeFolder, readText, remove, writeSealed } from './files.js';
import type { HubFile, HubRepo } from './hub.js';

/**
 * The folder where programs of the hub, the Python ones too, keep what they downloaded: for each repository blobs/ (contents,
 * named by hash), snapshots/<commit>/ (links to them by file name) and refs/ (the commit of a branch or tag when it was last asked for).
 */
export function hubCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const set = (name: string) => environment[name] || undefined;
  const own = set('HF_HUB_CACHE') ?? set('HUGGINGFACE_HUB_CACHE');
  const home = set('HF_HOME') ?? join(set('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  return (own ?? join(home, 'hub')).replace(/^~(?=$|[\\/])/, homedir());
}

/** Where the things of one repository lie in a cache. */
export class CachedRepo {
  readonly #folder: string;
  readonly #locks: string;

  /** Throws RectuneError 'usage' for a name that no repository has. */
  constructor(cache: string, { type, name }: HubRepo) {
    if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) || name.includes('..') || name.includes('--')) {
      throw new RectuneError('usage', `"${name}" is not the name of a repository`, 'REPO', 'write it like org/name');
    }
    const folder = [`${type}s`, ...name.split('/')].join('--');
    this.#folder = join(cache, folder);
    this.#locks = join(cache, '.locks', folder);
  }

  blob({ hash }: Pick<HubFile, 'hash'>): string {
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(hash)) throw new Error(`"${hash}" is no hash of a file`); // it becomes a file name
    return join(this.#folder, 'blobs', hash);
  }

  /** Where a download gathers; the Python programs use the same name, and go on from it. */
  partial(file: Pick<HubFile, 'hash'>): string {
    return `${this.blob(file)}.incomplete`;
  }

  /** Not the lock of the Python programs, which only they can hold. */
  lock({ hash }: Pick<HubFile, 'hash'>): string {
    return join(this.#locks, `${hash}.rectune`);
  }

  file(commit: string, path: string): string {
    return join(this.#folder, 'snapshots', commit, ...checkedParts(path, 'FILE'));
  }

  /** The commit that a branch or tag meant when it was last asked for; a whole commit means itself. */
  commitOf(revision: string): string | undefined {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const path = this.#ref(revision);
    const commit = exists(path) ? readText(path).trim() : '';
    return /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
  }

  remember(revision: string, commit: string): void {
    if (revision !== commit) writeSealed(this.#ref(revision), commit);
  }

  /** The content that stands behind a file: its hash by its name, or undefined when the file is a copy and no link. */
  hashOf(path: string): Pick<HubFile, 'hash' | 'hashKind'> | undefined {
    const hash = basename(realpathSync(path));
    if (basename(dirname(realpathSync(path))) !== 'blobs') return undefined;
    if (/^[0-9a-f]{64}$/.test(hash)) return { hash, hashKind: 'sha256' };
    return /^[0-9a-f]{40}$/.test(hash) ? { hash, hashKind: 'git-sha1' } : undefined;
  }

  /**
   * Lets a file of a commit stand for a blob: a relative link, so that the cache can be moved, or a copy where links cannot be made.
   *
   * returns  the file's path
   */
  link(file: HubFile, commit: string, symlink: (target: string, path: string) => void = symlinkSync): string {
    const path = this.file(commit, file.path);
    const blob = this.blob(file);
    makeFolder(dirname(path));
    if (lstatSync(path, { throwIfNoEntry: false })) remove(path);
    try {
      symlink(relative(dirname(path), blob), path);
    } catch {
      copySealed(blob, path);
    }
    return path;
  }

  #ref(revision: string): string {
    return join(this.#folder, 'refs', ...checkedParts(revision, '--revision'));
  }
}

/** A name of the hub becomes a path here only when it stays below its folder on every system. */
function checkedParts(name: string, where: string): string[] {
  const parts = name.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part))) return parts;
  throw new RectuneError('usage', `"${name}" is not a name that can be kept`, where, 'write it as the hub shows it');
}
