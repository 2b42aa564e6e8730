import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { availableThreads, defaultThreads } from '../../src/platform/cpu.js';
import { rememberedSha256 } from '../../src/platform/file-hashes.js';
import { packageRoot, sha256File, writeSealed } from '../../src/platform/files.js';
import { llamaRelease } from '../../src/platform/llama-release.js';
import { temporaryFolder } from '../store/fixtures.js';

it('finds the libraries and the source of the release that package.json pins', () => {
  const release = llamaRelease();
  const pinned = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).dependencies['node-llama-cpp'];
  expect(release.packageVersion).toBe(pinned); // an exact version: "^" or "~" would not be equal
  expect(existsSync(release.bundle)).toBe(true);
  expect(readdirSync(release.libraries).some((name) => name.startsWith('libggml-base.'))).toBe(true);
});

it('uses at least one thread and never more than there are', () => {
  expect(defaultThreads()).toBeGreaterThanOrEqual(1);
  expect(defaultThreads()).toBeLessThanOrEqual(availableThreads());
});

it('remembers the hash of a file until the file changes', async () => {
  const folder = temporaryFolder();
  const [file, memory] = [join(folder, 'model.gguf'), join(folder, 'hashes.json')];
  writeSealed(file, 'one');
  const first = await rememberedSha256(file, memory);
  expect(first).toBe(await sha256File(file));
  // A wrong hash in the memory comes back, which shows that the file was not read again.
  writeSealed(memory, readFileSync(memory, 'utf8').replace(first, 'remembered'));
  expect(await rememberedSha256(file, memory)).toBe('remembered');
  writeSealed(file, 'two');
  expect(await rememberedSha256(file, memory)).toBe(await sha256File(file));
});

it('starts a memory anew that is not its own', async () => {
  const folder = temporaryFolder();
  const [file, memory] = [join(folder, 'model.gguf'), join(folder, 'hashes.json')];
  writeSealed(file, 'one');
  writeSealed(memory, '{"broken"');
  expect(await rememberedSha256(file, memory)).toBe(await sha256File(file));
});
