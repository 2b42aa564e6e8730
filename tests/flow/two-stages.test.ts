import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/run-event.js';
import { studioLayout } from '../../src/platform/studio.js';
import { makeModel, type SmallStudio, smallStudio } from './small-studio.js';

/** Every row in each step, in their order: so the loss of a step is a number of the adapter alone. */
const WHOLE = ['--batch-size', '24', '--micro-batch-size', '24', '--no-shuffle', '--eval-every', '0'];

function losses({ store }: SmallStudio, run: string): number[] {
  const steps = store.runs
    .events(run)
    .filter((event): event is Extract<RunEvent, { event: 'step' }> => event.event === 'step');
  return steps.map(({ loss }) => loss);
}

it.each([
  { adapter: 'LoRA', flags: [] },
  { adapter: 'rsLoRA', flags: ['--scaling', 'rslora'] },
  { adapter: 'PiSSA', flags: ['--init', 'pissa'] },
  { adapter: 'DoRA', flags: ['--variant', 'dora'] },
  { adapter: 'LoRA on the token embedding', flags: ['--targets', 'token_embd,attn_v'] },
])('goes on with the $adapter of a run where that run ended', async ({ flags }) => {
  const studio = await smallStudio();
  const longer = losses(studio, await studio.train(...WHOLE, ...flags, '--steps', '6'));
  const first = await studio.train(...WHOLE, ...flags, '--steps', '5');
  const second = await studio.train(...WHOLE, '--adapter', first, '--steps', '5', '--learning-rate', '0.01');
  const [begin = 0, ...rest] = losses(studio, second);
  expect(begin).toBeCloseTo(longer[5] as number, 4); // what the next step of the first run would see
  expect(rest.at(-1)).toBeLessThan(begin);
  expect(begin).toBeLessThan(0.8 * (longer[0] as number)); // the first stage learned something
});

it('keeps which run the adapter came from, named or found by the content of a file, in list and report', async () => {
  const studio = await smallStudio();
  const { store, train, rectune, path } = studio;
  const first = await train('--seed', '1');
  copyFileSync(studioLayout.adapter(studio.studio, first), path('copy.gguf'));
  const second = await train('--seed', '2', '--adapter', path('copy.gguf'));
  const third = await train('--seed', '3', '--adapter', second);
  const made = (run: string) => store.runs.get(run).adapterHash;
  expect([first, second, third].map((run) => store.runs.get(run).startAdapter)).toEqual([
    null,
    { hash: made(first), runId: first },
    { hash: made(second), runId: second },
  ]);
  const list = (await rectune('list', 'runs')).stdout.split('\n');
  expect(list.find((line) => line.startsWith(third))).toContain(` ${second} `);
  await rectune('predict', third, '--threads', '1');
  expect((await rectune('report', third, '--out', path('report'))).code).toBe(0);
  const report = JSON.parse(readFileSync(path('report/report.json'), 'utf8'));
  const version = `small ${store.versions.find('small')?.hash}`;
  expect(report.run.stages).toEqual([
    { run: first, version, adapterHash: made(first) },
    { run: second, version, adapterHash: made(second) },
  ]);
  expect(readFileSync(path('report/report.md'), 'utf8')).toMatch(
    new RegExp(`stage 1 of the adapter.*${first}.*\n.*stage 2.*${second}`),
  );
});

it('is the same run whether the adapter is named by its run or by its file', async () => {
  const { studio, train, json, store, model } = await smallStudio();
  const first = await train();
  const second = await train('--adapter', first, '--seed', '2');
  const file = studioLayout.adapter(studio, first);
  const again = ['--steps', '3', '--learning-rate', '0.02', '--threads', '1', '--adapter', file, '--seed', '2'];
  await json('train', 'small', '--model', model, ...again);
  expect(store.runs.list().map(({ id }) => id)).toEqual([second, first]);
});

it('notes that the adapter learned on another file, and refuses names that are neither', async () => {
  const { train, rectune, path, model } = await smallStudio();
  const first = await train();
  await makeModel(path('other.gguf'), 2);
  const other = await rectune('train', 'small', '--model', path('other.gguf'), '--adapter', first, '--steps', '1');
  expect(other.code).toBe(0);
  expect(other.stderr).toContain(`note: run ${first} trained this adapter on another file: ${model}`);
  const cases = [
    { name: `${first.slice(0, -1)}x`, code: 2, what: 'there is no run' },
    { name: path('gone.gguf'), code: 3, what: 'there is no such file' },
    { name: join(path('runs'), first), code: 3, what: 'this is a folder, not a file' },
  ];
  for (const { name, code, what } of cases) {
    const refused = await rectune('train', 'small', '--model', model, '--adapter', name);
    expect(refused.stderr).toContain(what);
    expect(refused.code).toBe(code);
  }
});
