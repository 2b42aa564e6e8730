import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RectuneError } from '../../src/core/errors.js';
import type { Run } from '../../src/core/run.js';
import { NativeTrainConfig } from '../../src/core/run-config.js';
import type { RunEvent } from '../../src/core/run-event.js';
import { listFolder, sha256, writeSealed } from '../../src/platform/files.js';
import { tryLock } from '../../src/platform/lock.js';
import { studioLayout } from '../../src/platform/studio.js';
import { runState } from '../../src/trainers/run-state.js';
import { resumeRun, trainRun } from '../../src/trainers/train.js';
import { fakeNative, TRAINS } from './fake-native.js';
import { adapterGguf } from './invented-adapter.js';
import { options, testStudio } from './trained-studio.js';

afterEach(() => vi.unstubAllEnvs());

/** Trains in two attempts: the first ends after step 2, the second (resumed) goes to the end. */
const STOPS_FIRST = `
const folder = path.join(config.runDirectory, 'checkpoints');
if (config.resume) { ${TRAINS} } else {
  start(); step(1, 3); step(2, 3);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'newest'), '2');
  say({ event: 'stopped', step: 2, checkpoint: 'newest' });
  process.exitCode = 130;
}`;

const FAILS_AT_ONCE = `start(); say({ event: 'error', code: 3, what: 'broken model', where: 'm', fix: 'f' }); process.exitCode = 3;`;

describe('trainRun', () => {
  it('trains, keeps run, config and events, and hands on what native says', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version, ...studio } = testStudio();
    const heard: RunEvent[] = [];
    const onEvent = (event: RunEvent) => heard.push(event);
    const { run, reused } = await trainRun(store, { ...studio, version: 'invented', options: options(), onEvent });
    expect(reused).toBe(false);
    expect(run).toMatchObject({ status: 'done', versionHash: version.hash, modelHash: sha256('a model') });
    expect(run.id).toBe(`invented-${run.configHash.slice(0, 8)}`);
    expect(run.adapterHash).toBe(sha256('GGUF, adapter of seed 1'));
    expect(store.runs.find(run.id)).toEqual(run);
    expect(store.runs.events(run.id)).toEqual(heard);
    const folder = studioLayout.run(studio.studio, run.id);
    const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(heard);
    expect(NativeTrainConfig.parse(calls()[0]?.config)).toMatchObject({
      epochs: 3,
      steps: null,
      rows: null,
      microBatchSize: null,
      cacheDirectory: studioLayout.hiddenStates(studio.studio),
      resume: false,
    });
  });

  it('does a run once: the same data, model content and settings are the same run', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented' };
    const first = await trainRun(store, { ...request, options: options() });
    const elsewhere = join(studio.studio, 'moved.gguf');
    writeSealed(elsewhere, 'a model');
    const changes = { threads: 1, checkpointEvery: 7, spikeFactor: 5, cacheHidden: 'disk' as const, cacheLimit: 0 }; // how, not what
    const second = await trainRun(store, { ...request, model: elsewhere, options: options(changes) });
    expect(second).toEqual({ ...first, run: { ...first.run, modelPath: elsewhere }, reused: true });
    expect(calls()).toHaveLength(1);
  });

  it.each([
    { what: 'seed', change: { seed: 2 } },
    { what: 'learning rate', change: { learningRate: 1e-4 } },
    { what: 'micro-batch', change: { microBatchSize: 2 } },
    { what: 'shots', change: { shots: 4 } },
    { what: 'steps', change: { steps: 3 } },
    { what: 'objective', change: { objective: 'pairwise' as const } },
  ])('makes another run for another $what', async ({ change }) => {
    fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const first = await trainRun(store, { ...studio, version: 'invented', options: options() });
    const second = await trainRun(store, { ...studio, version: 'invented', options: options(change) });
    expect(second.reused).toBe(false);
    expect(second.run.id).not.toBe(first.run.id);
  });

  it('makes another run for another model or start adapter', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented' };
    const adapter = join(studio.studio, 'start.gguf');
    writeSealed(adapter, adapterGguf({ rank: 8, alpha: 16 })); // what a new adapter has, too
    const ids = [(await trainRun(store, { ...request, options: options() })).run.id];
    ids.push((await trainRun(store, { ...request, options: options({ adapter }) })).run.id);
    writeSealed(studio.model, 'another model');
    ids.push((await trainRun(store, { ...request, options: options() })).run.id);
    expect(new Set(ids).size).toBe(3);
    expect(calls()[1]?.config.adapter).toBe(adapter);
  });

  it('makes the adapter of a done run again when it is gone or was changed', async () => {
    fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    const { adapter } = await trainRun(store, request);
    writeSealed(adapter, 'tampered');
    expect((await trainRun(store, request)).reused).toBe(false);
    rmSync(adapter);
    expect((await trainRun(store, request)).reused).toBe(false);
  });

  it('keeps a stopped run as stopped, refuses to begin it anew, and resumes it with its own settings', async () => {
    const calls = fakeNative(STOPS_FIRST);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options({ seed: 5 }) };
    await expect(trainRun(store, request)).rejects.toMatchObject({
      kind: 'stopped',
      fix: expect.stringMatching(/--resume invented-/),
    });
    const [run] = store.runs.list();
    expect(run?.status).toBe('stopped');
    await expect(trainRun(store, request)).rejects.toMatchObject({
      kind: 'usage',
      fix: expect.stringContaining(`--resume ${run?.id}`),
    });
    const resumed = await resumeRun(store, { ...studio, run: run?.id as string, threads: 1, spikeFactor: 0 });
    expect(resumed.run).toMatchObject({ id: run?.id, status: 'done' });
    const [begun, gone] = calls();
    expect(gone?.config).toMatchObject({ seed: 5, resume: true, threads: 1, spikeFactor: 0 });
    expect(Object.keys(gone?.config ?? {})).toEqual(Object.keys(begun?.config ?? {})); // native/ compares the text
  });

  it('goes on by itself when the caller wants unfinished runs resumed', async () => {
    const calls = fakeNative(STOPS_FIRST);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options(), unfinished: 'resume' as const };
    await expect(trainRun(store, request)).rejects.toMatchObject({ kind: 'stopped' });
    expect((await trainRun(store, request)).run.status).toBe('done');
    expect(calls().map(({ config }) => config.resume)).toEqual([false, true]);
  });

  it('keeps a failed run as failed and begins it anew when there is no checkpoint', async () => {
    fakeNative(`start(); step(1, 3);
      say({ event: 'error', code: 3, what: 'broken model', where: 'm', fix: 'f' }); process.exitCode = 3;`);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    await expect(trainRun(store, request)).rejects.toMatchObject({ kind: 'data', message: 'broken model' });
    expect(store.runs.list()[0]?.status).toBe('failed');
    fakeNative(TRAINS);
    expect((await trainRun(store, request)).run.status).toBe('done');
  });

  it.each([2, 3])('leaves nothing of a new run that native refuses with %i before its first step', async (code) => {
    fakeNative(FAILS_AT_ONCE.replaceAll('3', String(code)));
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    await expect(trainRun(store, request)).rejects.toMatchObject({ message: 'broken model' });
    expect(store.runs.list()).toEqual([]);
    expect(listFolder(join(studio.studio, 'runs'))).toEqual([]);
  });

  it('keeps what a run has when native refuses to go on with it or to begin it anew', async () => {
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options(), unfinished: 'resume' as const };
    fakeNative(STOPS_FIRST);
    await trainRun(store, request).catch(() => {});
    const run = store.runs.list()[0]?.id as string;
    const folder = studioLayout.run(studio.studio, run);
    const before = store.runs.events(run);
    fakeNative(FAILS_AT_ONCE);
    await trainRun(store, request).catch(() => {});
    expect(listFolder(join(folder, 'checkpoints'))).toEqual(['newest']);
    rmSync(join(folder, 'checkpoints'), { recursive: true });
    await trainRun(store, request).catch(() => {});
    expect(store.runs.find(run)?.status).toBe('failed');
    expect(store.runs.events(run).slice(0, before.length)).toEqual(before);
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n')).toHaveLength(before.length + 4);
  });

  it('refuses a run that a living process is training', async () => {
    fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    const { run, adapter } = await trainRun(store, request);
    rmSync(adapter);
    await tryLock(studioLayout.runLock(studio.studio, run.id));
    await expect(trainRun(store, { ...request, unfinished: 'resume' })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(String(process.pid)),
    });
  });

  it('never advises to remove the folder of a run that is alive', async () => {
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    fakeNative(STOPS_FIRST);
    await trainRun(store, request).catch(() => {});
    const run = store.runs.list()[0] as Run;
    store.runs.update(run.id, { status: 'running' });
    const lock = await tryLock(studioLayout.runLock(studio.studio, run.id));
    const alive = await trainRun(store, request).catch((error: RectuneError) => error);
    expect(alive).toMatchObject({ message: `run ${run.id} is being trained by process ${process.pid}` });
    expect((alive as RectuneError).fix).not.toContain('remove');
    expect(await runState(studio.studio, run)).toBe('stopped');
    expect(await runState(studio.studio, { ...run, status: 'running' })).toBe('running');
    if ('release' in lock) await lock.release();
    await expect(trainRun(store, request)).rejects.toMatchObject({
      message: `run ${run.id} was begun before and was cut short`,
      fix: expect.stringMatching(/--resume .*; or remove /),
    });
    expect(await runState(studio.studio, { ...run, status: 'running' })).toBe('cut short');
  });

  it.each([
    { case: 'an unknown version', change: { version: 'inventde' }, kind: 'usage', words: /no dataset version/ },
    { case: 'a missing model', change: { model: 'nowhere.gguf' }, kind: 'data', words: /no such file/ },
    { case: 'epochs and steps', change: { options: options({ epochs: 1, steps: 1 }) }, kind: 'usage', words: /both/ },
    { case: 'more shots than rows', change: { options: options({ shots: 21 }) }, kind: 'usage', words: /20 rows/ },
  ])('starts nothing for $case', async ({ change, kind, words }) => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const failing = trainRun(store, { ...studio, version: 'invented', options: options(), ...change });
    await expect(failing).rejects.toMatchObject({ kind, message: expect.stringMatching(words) });
    expect(calls()).toEqual([]);
    expect(store.runs.list()).toEqual([]);
  });

  it('notices a split that was changed after it was sealed', async () => {
    fakeNative(TRAINS);
    const { store, version, ...studio } = testStudio();
    writeSealed(studioLayout.instructions(studio.studio, version.hash, 'train'), '{}\n');
    const failing = trainRun(store, { ...studio, version: 'invented', options: options() });
    await expect(failing).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('changed after') });
  });
});

describe('a run whose checkpoints are all broken', () => {
  // native/ refuses and says: remove the folder of the checkpoints and give the same command again.
  const BROKEN = `if (config.resume) { start();
    say({ event: 'error', code: 3, what: 'no whole checkpoint is left', where: 'c', fix: 'f' }); process.exitCode = 3;
  } else { ${STOPS_FIRST} }`;

  it.each([
    { command: 'train', unfinished: 'refuse' as const },
    { command: 'run', unfinished: 'resume' as const },
    { command: 'train --resume', unfinished: undefined },
  ])('begins anew with $command once the folder of its checkpoints is removed', async ({ unfinished }) => {
    const { store, version: _, ...studio } = testStudio();
    const request = { ...studio, version: 'invented', options: options() };
    fakeNative(BROKEN);
    await expect(trainRun(store, request)).rejects.toMatchObject({ kind: 'stopped' });
    const run = store.runs.list()[0]?.id as string;
    await expect(resumeRun(store, { ...studio, run })).rejects.toMatchObject({ kind: 'data' });
    expect(store.runs.find(run)?.status).toBe('failed'); // it was begun before: nothing of it is thrown away
    rmSync(join(studioLayout.run(studio.studio, run), 'checkpoints'), { recursive: true });
    const calls = fakeNative(TRAINS);
    const again = unfinished ? trainRun(store, { ...request, unfinished }) : resumeRun(store, { ...studio, run });
    expect((await again).run.status).toBe('done');
    expect(calls().map(({ config }) => config.resume)).toEqual([false]);
  });
});

describe('resumeRun', () => {
  it('returns a done run as it is', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const { run } = await trainRun(store, { ...studio, version: 'invented', options: options() });
    expect(await resumeRun(store, { ...studio, run: run.id })).toMatchObject({ run, reused: true });
    expect(calls()).toHaveLength(1);
  });

  it('takes the model from where it lies now, but only the same content', async () => {
    const calls = fakeNative(STOPS_FIRST);
    const { store, version: _, ...studio } = testStudio();
    await trainRun(store, { ...studio, version: 'invented', options: options() }).catch(() => {});
    const run = store.runs.list()[0]?.id as string;
    const moved = join(studio.studio, 'moved.gguf');
    writeSealed(moved, 'another model');
    await expect(resumeRun(store, { ...studio, run, model: moved })).rejects.toMatchObject({ kind: 'data' });
    writeSealed(moved, 'a model');
    await resumeRun(store, { ...studio, run, model: moved });
    expect(calls().at(-1)?.config.model).toBe(moved);
  });

  it('says that there is no run of that name', async () => {
    const { store, version: _, ...studio } = testStudio();
    await expect(resumeRun(store, { ...studio, run: 'x' })).rejects.toMatchObject({
      kind: 'usage',
      message: 'there is no run "x"',
    });
  });
});
