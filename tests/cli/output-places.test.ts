import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Call, fakeNative, SCORES, TRAINS } from '../trainers/fake-native.js';
import { testStudio } from '../trainers/trained-studio.js';
import { invoke } from './invoke.js';

let calls: () => Call[];

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${SCORES} }`);
});
afterEach(() => vi.unstubAllEnvs());

/** A studio with a version and a run that was predicted, a file "mine" and a folder "empty" in it. */
async function withPlaces() {
  const { studio, store, model } = testStudio();
  writeFileSync(join(studio, 'mine'), 'mine');
  mkdirSync(join(studio, 'empty'));
  await invoke(['train', 'invented', '--model', model, '--studio', studio]);
  const run = store.runs.list()[0]?.id ?? '';
  await invoke(['predict', run, '--studio', studio]);
  return { studio, model, run };
}

const PREDICT = ['predict', '--data', 'invented', '--split', 'test', '--model', 'MODEL'];

it.each([
  { argv: ['export', 'invented'], out: 'mine', what: 'this is a file, not a folder', at: 'mine' },
  { argv: ['export', 'invented'], out: 'mine/sub', what: 'this is a file, not a folder', at: 'mine' },
  { argv: ['report', 'RUN'], out: 'mine', what: 'this is a file, not a folder', at: 'mine' },
  { argv: ['report', 'RUN'], out: 'mine/sub', what: 'this is a file, not a folder', at: 'mine' },
  { argv: PREDICT, out: 'empty', what: 'this is a folder, not a file', at: 'empty' },
  { argv: PREDICT, out: 'mine/sub', what: 'this is a file, not a folder', at: 'mine' },
])('refuses --out $out of $argv.0 with code 2 before the work begins', async ({ argv, out, what, at }) => {
  const { studio, model, run } = await withPlaces();
  const before = calls().length;
  const words = argv.map((word) => (word === 'RUN' ? run : word === 'MODEL' ? model : word));
  const { code, stderr } = await invoke([...words, '--out', join(studio, out), '--studio', studio]);
  expect(stderr).toMatch(
    new RegExp(`error: ${what}\n {2}at: {2}${join(studio, at)}\n {2}fix: name (a file|another place)`),
  );
  expect(code).toBe(2);
  expect(calls().length).toBe(before);
  expect(readdirSync(join(studio, 'empty'))).toEqual([]);
});

it.runIf(process.platform === 'linux')('says with code 3 that the disk refuses --out', async () => {
  const { studio, run } = await withPlaces();
  const { code, stderr } = await invoke(['report', run, '--out', '/proc/none', '--studio', studio]);
  expect(code).toBe(3);
  expect(stderr).toContain('at:  /proc/none\n');
});
