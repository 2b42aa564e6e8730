import { pathToFileURL } from 'node:url';
import { RectuneError } from '../core/errors.js';
import { hasHubHash, type TransferProgress } from './download.js';
import { fileSize } from './files.js';
import type { CommonParameters, Hub, HubRepo } from './hub.js';
import { HubRefusal } from './hub-errors.js';

export interface Upload {
  readonly repo: HubRepo;
  readonly branch: string;
  readonly isPublic: boolean;
  readonly message: string;
  readonly files: Readonly<Record<string, string>>; // name in the repository -> path on this disk
  readonly onProgress: (progress: TransferProgress) => void;
}

/** The library wants some token where it would send it; hub.ts puts the right one into each request. */
const ACCESS = { accessToken: 'hf_' };

/**
 * Lays files into a repository as one commit; makes the repository and the branch when needed. Large files that the hub has already
 * are not sent again, so the same command goes on after a stop. In the end the hub is asked for the hashes of what it now has.
 *
 * returns  the commit
 * throws   RectuneError: usage when the hub refuses, or when the repository is public and nobody said that it may be; data, stopped
 */
export async function upload(hub: Hub, request: Upload): Promise<string> {
  const { repo, branch, isPublic, message, files, onProgress } = request;
  const question = { what: 'the repository', where: `${repo.type} ${repo.name}` };
  await hub.ask(question, (common) => makeRepository(repo, isPublic, common));
  if (!isPublic && !(await hub.repository(repo, 'main')).isPrivate) {
    const fix = 'name another one, make it private on its page, or say --public';
    throw new RectuneError('usage', 'the repository is there and public', question.where, fix);
  }
  if (branch !== 'main') await hub.ask(question, (common) => makeBranch(repo, branch, common));
  const commit = await hub.ask(question, async (common) => {
    const { commitIter } = await import('@huggingface/hub');
    const operations = Object.entries(files).map(([path, local]) => ({
      operation: 'addOrUpdate' as const,
      path,
      content: pathToFileURL(local),
    }));
    const settings = { repo, branch, title: message, operations, useXet: false, abortSignal: hub.signal };
    const events = commitIter({ ...settings, ...common });
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        if (!value) throw new HubRefusal(200, undefined, 'it tells no commit');
        return value.commit.oid;
      }
      if (value.event !== 'fileProgress' || value.state !== 'uploading') continue;
      const size = fileSize(files[value.path] as string);
      onProgress({ file: value.path, bytes: Math.floor(value.progress * size), size });
    }
  });
  await checkSent(hub, request, commit);
  return commit;
}

async function makeRepository(repo: HubRepo, isPublic: boolean, common: CommonParameters): Promise<void> {
  const { createRepo } = await import('@huggingface/hub');
  await unlessThere(createRepo({ repo, visibility: isPublic ? 'public' : 'private', ...ACCESS, ...common }));
}

async function makeBranch(repo: HubRepo, branch: string, common: CommonParameters): Promise<void> {
  const { createBranch } = await import('@huggingface/hub');
  await unlessThere(createBranch({ repo, branch, ...common }));
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  await made.catch((error) => {
    if (!(error instanceof HubRefusal && error.status === 409)) throw error;
  });
}

async function checkSent(hub: Hub, { repo, files }: Upload, commit: string): Promise<void> {
  const there = await hub.files(repo, commit, Object.keys(files));
  for (const [name, path] of Object.entries(files)) {
    const file = there.find((one) => one.path === name);
    if (file && (await hasHubHash(path, file))) continue;
    const what = `the hub has another "${name}" than the one that was sent`;
    throw new RectuneError('data', what, `${repo.type} ${repo.name}, commit ${commit}`, 'give the command again');
  }
}
