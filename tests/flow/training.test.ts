import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Prediction } from '../../src/core/prediction.js';
import type { RunEvent } from '../../src/core/run-event.js';
import { listFolder, sha256File } from '../../src/platform/files.js';
import { jsonLines } from '../../src/platform/json-lines.js';
import { studioLayout } from '../../src/platform/studio.js';
import { invoke } from '../cli/invoke.js';
import { type SmallStudio, smallStudio } from './small-studio.js';

type Named<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

function eventsOf<Name extends RunEvent['event']>({ store }: SmallStudio, run: string, name: Name): Named<Name>[] {
  return store.runs.events(run).filter((event): event is Named<Name> => event.event === name);
}

/** Names and content of a run's checkpoints. */
async function checkpoints({ studio }: SmallStudio, run: string): Promise<string[]> {
  const folder = join(studioLayout.run(studio, run), 'checkpoints');
  return Promise.all(listFolder(folder).map(async (name) => `${name} ${await sha256File(join(folder, name))}`));
}

it('trains a DoRA adapter, predicts with it, and serves it as the model it wrote beside it', async () => {
  const studio = await smallStudio();
  const { store, json, rectune, path } = studio;
  const run = await studio.train('--variant', 'dora');
  const merged = studioLayout.merged(studio.studio, run);
  const predicted = await rectune('predict', run, '--split', 'test', '--threads', '1');
  expect(predicted.code).toBe(0);
  expect(predicted.stderr).toMatch(/serving gap.*serving gap/s); // of the base model and of the merged one
  await json('predict', '--data', 'small', '--split', 'test', '--model', merged, '--out', path('merged.jsonl'));
  const { adapterHash, modelHash, versionHash, config } = store.runs.get(run);
  const asked = { versionHash, split: 'test', modelHash, adapterHash, maxLength: config.maxLength } as const;
  const own = store.predictions.rows(store.predictions.select(asked)?.id as string);
  const base = store.predictions.rows(store.predictions.select({ ...asked, adapterHash: null })?.id as string);
  const served = [...jsonLines(path('merged.jsonl'))].map(({ value }) => value as Prediction);
  expect(own).toHaveLength(12);
  for (const [i, { logOdds }] of own.entries()) expect(logOdds).toBeCloseTo(served[i]?.logOdds as number, 3);
  expect(
    Math.max(...own.map(({ logOdds }, i) => Math.abs((logOdds as number) - (base[i]?.logOdds as number)))),
  ).toBeGreaterThan(0.01);
  rmSync(merged);
  const without = await rectune('predict', run, '--split', 'valid', '--threads', '1');
  expect(without.stderr).toContain('llama.cpp cannot serve an adapter with magnitudes (DoRA)');
});

it('stops for a spike of the loss, names the rows, and leaves the checkpoints as they are', async () => {
  const wrong = (row: number) => (row === 23 ? { answer: 'Yes.', label: true } : {}); // all other "poor" rows say No
  const studio = await smallStudio(wrong);
  const { store, rectune, model } = studio;
  const wild =
    '--learning-rate 0.02 --epochs 3 --warmup-steps 4 --checkpoint-every 1 --threads 1 --batch-size 1 --no-shuffle --objective label-softmax';
  const flags = ['train', 'small', '--model', model, ...wild.split(' '), '--eval-every', '0'];
  const stopped = await rectune(...flags, '--spike-factor', '2');
  expect(stopped.code).toBe(5);
  expect(stopped.stderr).toMatch(/the loss of step (24|48|72) is .*: rows 23 \(/);
  const [run = { id: '' }] = store.runs.list();
  expect(run).toMatchObject({ status: 'failed', adapterHash: null });
  const last = eventsOf(studio, run.id, 'step').at(-1)?.step as number;
  const kept = await checkpoints(studio, run.id);
  expect(kept.map((name) => name.split(' ')[0])).toEqual([last - 1, last].map((step) => `step-${step}.gguf`).sort());
  const again = await rectune('train', '--resume', run.id);
  expect(again.code).toBe(5); // the same step spikes again
  expect(await checkpoints(studio, run.id)).toEqual(kept);
  expect((await rectune('train', '--resume', run.id, '--spike-factor', '0')).code).toBe(0);
  const other = await smallStudio(wrong);
  await other.json(...flags.with(3, other.model), '--spike-factor', '0');
  expect(other.store.runs.list()[0]?.adapterHash).toBe(store.runs.get(run.id).adapterHash);
});

it('goes on with a series of seeds that was stopped in its second run, to the adapters of separate runs', async () => {
  const studio = await smallStudio();
  const { store, model } = studio;
  const flags = ['--steps', '150', '--threads', '1', '--checkpoint-every', '20', '--eval-every', '50'];
  const argv = ['train', 'small', '--model', model, ...flags, '--seeds', '3', '--studio', studio.studio];
  const controller = new AbortController();
  const stopped = await invoke(argv, {
    stoppable: (task) => task(controller.signal),
    onStderr: (text) => {
      if (text.includes('run 2 of 3')) controller.abort();
    },
  });
  expect(stopped.code).toBe(130);
  const states = () =>
    store.runs
      .list()
      .map(({ config, status }) => [config.seed, status] as const)
      .sort();
  expect(states()).toEqual([
    [1, 'done'],
    [2, 'stopped'],
  ]);
  const [first] = store.runs.list().filter(({ status }) => status === 'done');
  const finished = await invoke(argv);
  expect(finished.code).toBe(0);
  expect(finished.stdout).toContain('3 seeds: loss');
  expect(states()).toEqual([
    [1, 'done'],
    [2, 'done'],
    [3, 'done'],
  ]);
  expect(store.runs.find(first?.id as string)?.startedAt).toBe(first?.startedAt);
  const alone = await smallStudio();
  for (const seed of [1, 2, 3])
    await alone.json('train', 'small', '--model', alone.model, ...flags, '--seed', String(seed));
  const hashes = (of: typeof store) =>
    of.runs
      .list()
      .map(({ config, adapterHash }) => `${config.seed} ${adapterHash}`)
      .sort();
  expect(hashes(store)).toEqual(hashes(alone.store));
  const rows = new Set(store.runs.list().map(({ config }) => JSON.stringify(config.validation?.rows)));
  expect(rows.size).toBe(1); // seeds are compared on the same rows
});

it('stops early without a better AUC, and keeps the adapter of the best step', async () => {
  const studio = await smallStudio();
  const { store, rectune, model } = studio;
  const flags = ['train', 'small', '--model', model, '--learning-rate', '0.2', '--threads', '1', '--batch-size', '2'];
  const { code, stderr } = await rectune(...flags, '--steps', '60', '--eval-every', '1', '--patience', '3');
  expect(code).toBe(0);
  const [run = { id: '', adapterHash: '' }] = store.runs.list();
  const [kept] = eventsOf(studio, run.id, 'kept');
  expect(kept).toMatchObject({ stoppedEarly: true });
  expect(stderr).toContain(`stopped early after step ${kept?.lastStep}; the adapter is that of step ${kept?.step}`);
  const aucs = eventsOf(studio, run.id, 'validation').map(({ auc }) => auc);
  expect(aucs).toHaveLength(kept?.lastStep as number);
  expect(aucs.indexOf(Math.max(...aucs)) + 1).toBe(kept?.step);
  expect(kept?.lastStep).toBe((kept?.step as number) + 3);
  await rectune(...flags, '--steps', String(kept?.step), '--eval-every', '0');
  expect(store.runs.list()[0]).toMatchObject({ adapterHash: run.adapterHash });
  expect(store.runs.list()).toHaveLength(2);
  expect(existsSync(studioLayout.adapter(studio.studio, run.id))).toBe(true);
});
