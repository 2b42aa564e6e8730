import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Run } from '../../src/core/run.js';
import { sha256, writeSealed } from '../../src/platform/files.js';
import { PredictOptions, predictFile, predictRun, reportedSplits } from '../../src/trainers/predict.js';
import { trainRun } from '../../src/trainers/train.js';
import { type Call, fakeNative, SCORES, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

let calls: () => Call[];
const scorings = () => calls().filter(({ verb }) => verb === 'score');
const predicting = PredictOptions.parse({ threads: 1 });

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${SCORES} }`);
});
afterEach(() => vi.unstubAllEnvs());

/** Scores one row more, then dies. */
const DIES = SCORES.replace(
  /if \(!config\.skip.*$/m,
  (line) => `if (!config.skip.includes(row)) { ${line} process.kill(process.pid, 'SIGKILL'); }`,
);

/** The question of what a run's base model says of test. */
const asBase = ({ versionHash, modelHash }: Run) => ({
  versionHash,
  split: 'test' as const,
  modelHash,
  adapterHash: null,
});

/** A studio with one run that is done. */
async function withRun(given: Parameters<typeof options>[0] = {}) {
  const made = testStudio();
  const { run, adapter } = await trainRun(made.store, { ...made, version: 'invented', options: options(given) });
  return { ...made, run, ownAdapter: adapter };
}

it('predicts with the adapter and with its base model, in the order of the rows', async () => {
  const { store, run, version, ...studio } = await withRun();
  const { adapter, base } = await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  expect(base.predictions.map(({ row, logOdds }) => [row, logOdds])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(adapter.predictions.map(({ logOdds }) => logOdds)).toEqual([10, 11, 12]);
  expect(adapter.predictions[1]).toEqual({
    row: 1,
    user: 'u1',
    item: 'i1',
    label: false,
    logOdds: 11,
    choices: null,
    droppedHistory: 0,
  });
  expect(adapter.set).toMatchObject({
    versionHash: version.hash,
    split: 'test',
    adapterHash: run.adapterHash,
    runId: run.id,
    labelMass: 0.5,
  });
  expect(base.set).toMatchObject({ modelHash: run.modelHash, adapterHash: null, runId: null });
  expect(store.predictions.rows(adapter.set.id)).toEqual(adapter.predictions);
});

it('scores in f32 unless told otherwise, and keeps what was scored in another precision apart', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  const ask = (given: object) =>
    predictRun(store, {
      ...studio,
      run: run.id,
      split: 'test',
      options: PredictOptions.parse({ threads: 1, ...given }),
    });
  const exact = await ask({});
  const rounded = await ask({ precision: 'bf16' });
  const again = await ask({ precision: 'f32' });
  expect(scorings().map(({ config }) => config.precision)).toEqual(['f32', 'f32', 'bf16', 'bf16']);
  expect([rounded.base.reused, again.base.reused, again.adapter.reused]).toEqual([false, true, true]);
  expect(again.adapter.set.id).toBe(exact.adapter.set.id);
  expect(rounded.adapter.set.id).not.toBe(exact.adapter.set.id);
});

it('keeps the device and the precision that were chosen, and asks again for others', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  calls = fakeNative(
    SCORES.replace(/const chosen = .*$/m, "const chosen = config.precision === 'auto' ? 'bf16' : config.precision;"),
  );
  const ask = async (given: object) => {
    const options = PredictOptions.parse({ threads: 1, ...given });
    return (await predictRun(store, { ...studio, run: run.id, split: 'test', options })).adapter;
  };
  const chosen = await ask({ precision: 'auto' });
  expect(chosen.set).toMatchObject({ device: 'cpu', precision: 'bf16' });
  expect(await ask({ precision: 'auto' })).toMatchObject({ reused: true, set: { id: chosen.set.id } });
  expect(await ask({ precision: 'bf16', device: 'cpu' })).toMatchObject({ reused: true, set: { id: chosen.set.id } });
  const exact = await ask({ precision: 'f32' });
  expect(exact).toMatchObject({ reused: false, set: { precision: 'f32' } });
  fakeNative(
    SCORES.replace(
      /say\(\{ event: 'precision'.*$/m,
      "say({ event: 'device', kind: 'cuda', name: 'a GPU', memory: 1, weights: 'f32', precision: 'f32', difference: 0, tolerance: 1 });",
    ),
  );
  const onDevice = await ask({ precision: 'f32', device: 'cuda' });
  expect(onDevice).toMatchObject({ reused: false, set: { device: 'cuda', precision: 'f32' } });
  expect(new Set([chosen, exact, onDevice].map(({ set }) => set.id)).size).toBe(3);
  expect(store.predictions.find(onDevice.set.id)).toEqual(onDevice.set);
});

it('goes on with a scoring in the precision that it was begun in', async () => {
  const { store, run: _run, version: _, ...studio } = await withRun();
  const out = join(studio.studio, 'p.jsonl');
  const automatic = PredictOptions.parse({ threads: 1, precision: 'auto' });
  const request = { ...studio, data: 'invented', split: 'test' as const, out, maxLength: 0, options: automatic };
  fakeNative(DIES.replace(/const chosen = .*$/m, "const chosen = 'fp16';"));
  await expect(predictFile(store, request)).rejects.toThrow();
  calls = fakeNative(SCORES);
  const { set } = await predictFile(store, request);
  expect(calls()[0]?.config).toMatchObject({ precision: 'fp16', device: 'cpu', skip: [2] });
  expect(set.precision).toBe('fp16');
});

it('asks a base model once, however many runs stand on it', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  const other = await trainRun(store, { ...studio, version: 'invented', options: options({ seed: 9 }) });
  await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  const second = await predictRun(store, { ...studio, run: other.run.id, split: 'test', options: predicting });
  expect(second.base.reused).toBe(true);
  expect(second.adapter.reused).toBe(false);
  expect(scorings().map(({ config }) => config.adapter === null)).toEqual([true, false, false]);
  const third = await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  expect([third.base.reused, third.adapter.reused]).toEqual([true, true]);
  expect(scorings()).toHaveLength(3);
});

it('asks again when told to', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  const request = { ...studio, run: run.id, split: 'test' as const };
  await predictRun(store, { ...request, options: predicting });
  await predictRun(store, { ...request, options: { ...predicting, again: true } });
  expect(scorings()).toHaveLength(4);
});

it('takes another length limit for another question, and keeps the answers apart', async () => {
  const { store, run, version, ...studio } = await withRun();
  const short = await trainRun(store, { ...studio, version: 'invented', options: options({ maxLength: 64 }) });
  const question = { versionHash: version.hash, split: 'test', modelHash: run.modelHash, adapterHash: null } as const;
  const baseUnder = (maxLength: number) => store.predictions.select({ ...question, maxLength })?.id;
  const first = await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  const second = await predictRun(store, { ...studio, run: short.run.id, split: 'test', options: predicting });
  expect(second.base.reused).toBe(false);
  expect(scorings().map(({ config }) => config.maxLength)).toEqual([1024, 1024, 64, 64]);
  expect([baseUnder(1024), baseUnder(64)]).toEqual([first.base.set.id, second.base.set.id]);
  await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  expect(scorings()).toHaveLength(4);
});

it('goes on with a scoring that was cut short, to the same predictions', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  const out = join(studio.studio, 'p.jsonl');
  const request = { ...studio, data: 'invented', split: 'test' as const, out, maxLength: 0, options: predicting };
  const dying = fakeNative(DIES);
  await expect(predictFile(store, request)).rejects.toThrow();
  const folder = join(studio.studio, 'scoring');
  const [journal] = readdirSync(folder);
  appendFileSync(join(folder, journal as string), '{"row":1,"logOd'); // as if the process had died inside a line
  await expect(predictFile(store, request)).rejects.toThrow();
  expect(dying().map(({ config }) => config.skip)).toEqual([[], [2]]);
  expect(store.predictions.select({ ...asBase(run), maxLength: 0 })).toBeUndefined();

  calls = fakeNative(SCORES);
  const { predictions } = await predictFile(store, request);
  expect(calls().map(({ config }) => config.skip)).toEqual([[2, 1]]);
  expect(predictions.map(({ row, logOdds }) => [row, logOdds])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

it('begins a scoring anew only when told to: other batches change no bit', async () => {
  const { store, run: _run, version: _, ...studio } = await withRun();
  const out = join(studio.studio, 'p.jsonl');
  const request = { ...studio, data: 'invented', split: 'test' as const, out, maxLength: 0, options: predicting };
  for (const { skip, ...given } of [
    { again: true, skip: [] },
    { batchSize: 2, skip: [2, 1] },
  ]) {
    fakeNative(DIES);
    await expect(predictFile(store, request)).rejects.toThrow();
    calls = fakeNative(DIES);
    await expect(predictFile(store, { ...request, options: { ...predicting, ...given } })).rejects.toThrow();
    expect(calls()[0]?.config.skip).toEqual(skip);
  }
});

it('keeps with each prediction how much history the length limit cut off', async () => {
  const { store, run, version: _, ...studio } = await withRun();
  fakeNative(SCORES.replace('start();', "start(); say({ event: 'truncated', row: 1, droppedHistory: 4 });"));
  const { adapter } = await predictRun(store, { ...studio, run: run.id, split: 'test', options: predicting });
  expect(adapter.predictions.map(({ droppedHistory }) => droppedHistory)).toEqual([0, 4, 0]);
  expect(store.predictions.rows(adapter.set.id)).toEqual(adapter.predictions);
});

it('writes one line a row to a file, in the order of the rows', async () => {
  const { store, run: _run, ownAdapter, version: _, ...studio } = await withRun();
  const out = join(studio.studio, 'deep', 'predictions.jsonl');
  const request = { ...studio, data: 'invented', split: 'valid' as const, out, maxLength: 1024, options: predicting };
  await predictFile(store, request);
  expect(readFileSync(out, 'utf8')).toBe(
    '{"row":0,"user":"u0","item":"i1","label":true,"logOdds":0,"choices":null}\n{"row":1,"user":"u1","item":"i1","label":false,"logOdds":1,"choices":null}\n',
  );
  await predictFile(store, { ...request, adapter: ownAdapter });
  expect(readFileSync(out, 'utf8')).toContain('"logOdds":11,');
});

it('needs predictions of valid and test for a report', async () => {
  const { store, run } = await withRun();
  expect(reportedSplits(store, run.id)).toEqual(['valid', 'test']);
});

it('refuses rows without answers to score before anything is computed', async () => {
  const { store, version, ...studio } = testStudio({ label: null });
  vi.spyOn(store.versions, 'find').mockReturnValue({ ...version, labels: null });
  const request = {
    ...studio,
    data: 'invented',
    split: 'test' as const,
    out: 'x.jsonl',
    maxLength: 0,
    options: predicting,
  };
  await expect(predictFile(store, request)).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringContaining('neither labels nor choices'),
  });
  expect(scorings()).toEqual([]);
});

it('refuses an adapter that was changed, and a run that is not done', async () => {
  const { store, run, ownAdapter, version: _, ...studio } = await withRun();
  const request = { ...studio, run: run.id, split: 'test' as const, options: predicting };
  writeSealed(ownAdapter, 'tampered');
  await expect(predictRun(store, request)).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringContaining('adapter'),
  });
  store.runs.update(run.id, { status: 'stopped', adapterHash: null });
  await expect(predictRun(store, request)).rejects.toMatchObject({
    kind: 'usage',
    fix: expect.stringContaining('--resume'),
  });
});

it.each([
  { case: 'leaves a row out', body: SCORES.replace('rows.reverse()', 'rows.slice(1)'), words: /did not score row 0/ },
  { case: 'scores a row twice', body: SCORES.replace('rows.reverse()', '[...rows, rows[0]]'), words: /row 0 twice/ },
])('takes it for our bug when native $case, and keeps nothing', async ({ body, words }) => {
  const { store, version: built, ...studio } = testStudio();
  fakeNative(body);
  const request = {
    ...studio,
    data: 'invented',
    split: 'test' as const,
    out: 'x.jsonl',
    maxLength: 0,
    options: predicting,
  };
  await expect(predictFile(store, request)).rejects.toThrow(words);
  const { hash: versionHash } = built;
  const modelHash = sha256('a model');
  const asked = { versionHash, split: 'test' as const, modelHash, adapterHash: null, maxLength: 0 };
  expect(store.predictions.select(asked)).toBeUndefined();
});

const TITLES = [
  { sum: Math.log(0.25), tokens: 3, first: -0.5 },
  { sum: Math.log(0.5), tokens: 1, first: -0.25 },
];

it('keeps the scores of a row with choices, goes on with them after a kill, and writes them out', async () => {
  const { store, run: _, version, ...studio } = await withRun();
  const ofRow = `const scored = row === 2 ? { choices: ${JSON.stringify(TITLES)} } : { logOdds: row, labelMass: 0.5 };`;
  const scores = SCORES.replace(
    /for \(const \{ row \}.*$/m,
    `for (const { row } of rows.reverse()) if (!config.skip.includes(row)) { ${ofRow} say({ event: 'score', row, ...scored }); DIES }`,
  );
  const out = join(studio.studio, 'p.jsonl');
  const request = { ...studio, data: 'invented', split: 'test' as const, out, maxLength: 0, options: predicting };
  fakeNative(scores.replace('DIES', "process.kill(process.pid, 'SIGKILL');"));
  await expect(predictFile(store, request)).rejects.toThrow();
  calls = fakeNative(scores.replace('DIES', ''));
  const { set, predictions } = await predictFile(store, request);
  expect(calls()[0]?.config).toMatchObject({ skip: [2] });
  expect(predictions[2]).toMatchObject({ row: 2, logOdds: null, choices: TITLES });
  expect(predictions[1]).toMatchObject({ row: 1, logOdds: 1, choices: null });
  expect(set.labelMass).toBeCloseTo((0.5 + 0.5 + 0.75) / 3, 12);
  expect(store.predictions.rows(set.id)).toEqual(predictions);
  expect(JSON.parse(readFileSync(out, 'utf8').trim().split('\n')[2] as string)).toMatchObject({
    logOdds: null,
    choices: TITLES,
  });
  expect(version.labels).not.toBeNull();
});
