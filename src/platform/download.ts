import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as pauseForOthers } from 'node:timers/promises';
import { RectuneError } from '../core/errors.js';
import { cannotWrite } from './file-errors.js';
import { exists, fileSize, makeFolder, readChunks, remove } from './files.js';
import { freeRoom } from './free-room.js';
import { type Hub, type HubFile, type HubRepo, RangeRefused } from './hub.js';
import { HubInterruption } from './hub-errors.js';

const PATIENCE = 7; // broken connections without a byte in between: about a minute

export interface Download {
  readonly repo: HubRepo;
  readonly commit: string;
  readonly file: HubFile;
  readonly partial: string; // where the bytes gather; those that are there are not asked for again
  readonly target: string; // where the whole file stands in the end
  readonly onProgress: (progress: TransferProgress) => void;
}

/** How far a file is on its way. */
export interface TransferProgress {
  readonly file: string;
  readonly bytes: number; // that are there, those of an earlier try among them
  readonly size: number;
}

/**
 * Brings a file from a hub: onto what an earlier try left, from where a connection broke, checked as a whole, fsynced and renamed.
 *
 * throws  RectuneError: data when the content is not what the hub's own hash says (nothing is kept then), when the disk has no
 *         room (asked before the first byte) or refuses, when the connection keeps breaking (what came is kept);
 *         stopped by the hub's signal (what came is kept)
 */
export async function download(hub: Hub, request: Download): Promise<void> {
  const { file, partial, target } = request;
  makeFolder(dirname(partial));
  if (exists(partial) && fileSize(partial) > file.size) remove(partial);
  checkRoom(partial, file);
  const digest = await gather(hub, request);
  if (digest !== file.hash) {
    remove(partial);
    const what = `the content does not have the hub's ${file.hashKind}: ${digest} came, ${file.hash} is expected`;
    const where = `${request.repo.type} ${request.repo.name}: ${file.path}`;
    throw new RectuneError('data', what, where, 'what came is removed; give the command again');
  }
  await rename(partial, target).catch((error) => {
    throw cannotWrite(target, error);
  });
}

/** Appends until the file is whole, and returns the hash of all of it. */
async function gather(hub: Hub, { repo, commit, file, partial, onProgress }: Download): Promise<string> {
  const handle = await writingTo(partial, () => open(partial, 'a'));
  try {
    let bytes = exists(partial) ? fileSize(partial) : 0;
    let hash = hashOf(file);
    if (bytes > 0) await feed(hash, partial);
    for (let broken = 0; bytes < file.size; ) {
      try {
        for await (const chunk of hub.read(repo, commit, file.path, bytes)) {
          if (bytes + chunk.length > file.size) throw new HubInterruption('more bytes came than the file has');
          await append(handle, chunk, partial);
          hash.update(chunk);
          bytes += chunk.length;
          broken = 0;
          onProgress({ file: file.path, bytes, size: file.size });
        }
        if (bytes < file.size) throw new HubInterruption('the answer ended early');
      } catch (error) {
        if (error instanceof RangeRefused) {
          await writingTo(partial, () => handle.truncate(0));
          bytes = 0;
          hash = hashOf(file);
        } else if (error instanceof HubInterruption) {
          broken += 1;
          if (broken > PATIENCE) throw keepsBreaking(file, bytes, error, repo);
          await hub.pause(broken, `${file.path}: ${error.message} at ${bytes} of ${file.size} bytes`);
        } else throw error;
      }
    }
    await writingTo(partial, () => handle.sync());
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

function keepsBreaking({ path, size }: HubFile, bytes: number, error: Error, { type, name }: HubRepo): RectuneError {
  const what = `the connection keeps breaking (${error.message}); ${bytes} of ${size} bytes are kept`;
  return new RectuneError(
    'data',
    what,
    `${type} ${name}: ${path}`,
    'give the command again later: it goes on from there',
  );
}

/** git hashes a header with the content. */
function hashOf({ hashKind, size }: HubFile): Hash {
  return hashKind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Whether a file on the disk is what the hub calls by this hash. */
export async function hasHubHash(path: string, file: Pick<HubFile, 'hash' | 'hashKind'>): Promise<boolean> {
  const hash = hashOf({ path, size: fileSize(path), ...file });
  await feed(hash, path);
  return hash.digest('hex') === file.hash;
}

/** A model takes seconds: signals are heard in between. */
async function feed(hash: Hash, path: string): Promise<void> {
  for (const chunk of readChunks(path)) {
    hash.update(chunk);
    await pauseForOthers();
  }
}

/** One write may take only a part. */
async function append(handle: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await writingTo(path, () => handle.write(chunk, written))).bytesWritten;
  }
}

async function writingTo<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function checkRoom(partial: string, { path, size }: HubFile): void {
  const needed = size - (exists(partial) ? fileSize(partial) : 0);
  const free = freeRoom(dirname(partial));
  if (needed <= free) return;
  const what = `${path} needs ${needed} more bytes, and the disk has ${free}`;
  const fix = 'make room there, or name another cache: HF_HUB_CACHE=DIR';
  throw new RectuneError('data', what, dirname(partial), fix);
}
