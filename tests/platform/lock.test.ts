import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { tryLock, withLock } from '../../src/platform/lock.js';
import { temporaryFolder } from '../store/fixtures.js';

it('lets one task in at a time, and every task in the end', async () => {
  const path = join(temporaryFolder(), 'deep', 'lock');
  let inside = 0;
  let done = 0;
  const task = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await sleep(5);
    inside -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, () => {}, task)));
  expect(done).toBe(4);
});

it('names the living process that holds it, and is free after release', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = await tryLock(path);
  expect(await tryLock(path)).toEqual({ heldBy: process.pid });
  if ('release' in lock) await lock.release();
  expect(await tryLock(path)).toHaveProperty('release');
});

it.each([
  { case: 'a process that is gone', content: '999999999\n' },
  { case: 'half a write', content: '12' },
])('takes over the lock of $case', async ({ content }) => {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, content);
  expect(await tryLock(path)).toHaveProperty('release');
});

it('is released when the task fails', async () => {
  const path = join(temporaryFolder(), 'lock');
  const failing = withLock(
    path,
    () => {},
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  expect(await tryLock(path)).toHaveProperty('release');
});
