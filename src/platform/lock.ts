import { writeFileSync } from 'node:fs';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writing } from './file-errors.js';
import { makeFolder } from './files.js';
import { processLives } from './process.js';

/** What a held lock gives back. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock: a file that holds the number of the process it belongs to. A lock whose process is gone is taken over.
 *
 * returns the lock, or the number of the living process that holds it
 */
export async function tryLock(path: string): Promise<Lock | { heldBy: number }> {
  makeFolder(dirname(path));
  const own = `${path}.${process.pid}.${counter++}`;
  writing(path, () => writeFileSync(own, `${process.pid}\n`));
  try {
    for (;;) {
      try {
        await link(own, path); // atomic, and the file is whole from its first moment
        return { release: () => rm(path, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await readHolder(path);
      if (holder !== undefined && processLives(holder)) return { heldBy: holder };
      await removeStale(path, `${own}.stale`, holder);
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** The number of the living process that holds a lock, or undefined when nobody does. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = await readHolder(path);
  return holder !== undefined && processLives(holder) ? holder : undefined;
}

/** Runs a task alone: waits until nobody holds the lock. `onWait` is told once when there is a wait. */
export async function withLock<T>(path: string, onWait: (heldBy: number) => void, task: () => Promise<T>): Promise<T> {
  let lock = await tryLock(path);
  if ('heldBy' in lock) onWait(lock.heldBy);
  while ('heldBy' in lock) {
    await sleep(200);
    lock = await tryLock(path);
  }
  try {
    return await task();
  } finally {
    await lock.release();
  }
}

let counter = 0;

async function readHolder(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

/** Moves a dead process's lock away; puts it back when another process had taken it over in between. */
async function removeStale(path: string, aside: string, dead: number | undefined): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // released meanwhile
    throw error;
  }
  if ((await readHolder(aside)) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
