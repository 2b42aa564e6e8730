import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Prediction } from '../../src/core/prediction.js';
import { fileSize } from '../../src/platform/files.js';
import { jsonLines } from '../../src/platform/json-lines.js';
import { studioLayout } from '../../src/platform/studio.js';
import { makeModel, type SmallStudio, smallStudio } from './small-studio.js';

/** Log-odds of the rows of test, by a model and an adapter. */
async function logOdds({ json, path }: SmallStudio, ...files: string[]): Promise<number[]> {
  const out = path(`predictions-${Math.random()}.jsonl`);
  await json('predict', '--data', 'small', '--split', 'test', '--out', out, '--again', '--threads', '1', ...files);
  return [...jsonLines(out)].map(({ value }) => (value as Prediction).logOdds as number);
}

const largest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

it.each([
  { variant: 'LoRA', flags: [] },
  { variant: 'DoRA', flags: ['--variant', 'dora'] },
  { variant: 'PiSSA', flags: ['--init', 'pissa'] },
  { variant: 'LoRA on embedding and head', flags: ['--targets', 'token_embd,output,attn_q'] },
])('merges the $variant of a run into a model that scores alike', async ({ flags }) => {
  const studio = await smallStudio();
  const { model, json, path } = studio;
  const run = await studio.train(...flags);
  const adapter = studioLayout.adapter(studio.studio, run);
  const out = path('sub/merged.gguf');
  expect(await json('merge', run, '--out', out)).toEqual({
    out,
    type: 'f32',
    bytes: fileSize(out),
    model,
    adapter,
    run,
  });
  const [alone, adapted, merged] = [
    await logOdds(studio, '--model', model),
    await logOdds(studio, '--model', model, '--adapter', adapter),
    await logOdds(studio, '--model', out),
  ];
  expect(largest(adapted, alone)).toBeGreaterThan(0.01); // else the next line says nothing
  expect(largest(merged, adapted)).toBeLessThan(1e-4);
});

it('takes an adapter file and its model, and writes smaller types', async () => {
  const studio = await smallStudio();
  const { model, json, path } = studio;
  const adapter = studioLayout.adapter(studio.studio, await studio.train());
  const adapted = await logOdds(studio, '--model', model, '--adapter', adapter);
  const sizes: number[] = [];
  for (const [type, off] of [
    ['f32', 1e-4],
    ['f16', 0.02],
    ['q8_0', 0.2],
  ] as const) {
    const out = path(`${type}.gguf`);
    expect(await json('merge', adapter, '--model', model, '--out', out, '--type', type)).toMatchObject({
      type,
      run: null,
    });
    expect(largest(await logOdds(studio, '--model', out), adapted)).toBeLessThan(off);
    sizes.push(fileSize(out));
  }
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
});

it('says how far it is, and where the new model is', async () => {
  const { train, rectune, path } = await smallStudio();
  const { code, stdout, stderr } = await rectune('merge', await train(), '--out', path('merged.gguf'));
  expect(code).toBe(0);
  expect(stdout).toContain(`${path('merged.gguf')}: f32, `);
  expect(stderr).toMatch(/merging tensor (\d+)\/\1\n$/);
});

it('notes that an adapter learned on another file, which may be meant', async () => {
  const { studio, train, rectune, model, path } = await smallStudio();
  const run = await train();
  const adapter = studioLayout.adapter(studio, run);
  await makeModel(path('other.gguf'), 2);
  const other = await rectune('merge', adapter, '--model', path('other.gguf'), '--out', path('merged.gguf'));
  expect(other.code).toBe(0);
  expect(other.stderr).toContain(`note: run ${run} trained this adapter on another file: ${model}`);
  const own = await rectune('merge', adapter, '--model', model, '--out', path('own.gguf'));
  expect(own.stderr).not.toContain('note: ');
});

it('refuses what cannot be, and leaves every file as it is', async () => {
  const { studio, train, rectune, model, path } = await smallStudio();
  const run = await train();
  const adapter = studioLayout.adapter(studio, run);
  await makeModel(path('other.gguf'), 2);
  await makeModel(path('wide.gguf'), 1, { width: 40 });
  await makeModel(path('qwen.gguf'), 1, { architecture: 'qwen3' });
  writeFileSync(path('mine'), 'mine');
  const before = readdirSync(studio);
  const out = ['--out', path('merged.gguf')];
  const cases: { argv: string[]; code: number; what: string }[] = [
    { argv: [run, '--out', path('mine')], code: 2, what: 'there is a file already' },
    { argv: [run, '--out', path('mine/merged.gguf')], code: 2, what: 'this is a file, not a folder' },
    { argv: [run, '--out', studio], code: 2, what: 'this is a folder, not a file' },
    { argv: [run, '--force', '--out', model], code: 2, what: 'this is the base model itself' },
    { argv: [run, '--force', '--out', adapter], code: 2, what: 'this is the adapter itself' },
    { argv: [run, '--type', 'q4_0', ...out], code: 2, what: "'q4_0' is invalid" },
    { argv: [run], code: 2, what: '--out is missing' },
    { argv: ['small-12345678', ...out], code: 2, what: 'there is no run "small-12345678"' },
    { argv: [adapter, ...out], code: 2, what: '--model is missing' },
    { argv: [path('gone.gguf'), '--model', model, ...out], code: 3, what: 'there is no such file' },
    { argv: [path('mine'), '--model', model, ...out], code: 3, what: 'this is not a GGUF file' },
    { argv: [adapter, '--model', path('gone.gguf'), ...out], code: 3, what: 'there is no such file' },
    { argv: [run, '--model', path('other.gguf'), ...out], code: 3, what: 'this is not the model that run' },
    { argv: [adapter, '--model', path('wide.gguf'), ...out], code: 3, what: 'do not fit the base model' },
    { argv: [adapter, '--model', path('qwen.gguf'), ...out], code: 3, what: 'was made for architecture "llama"' },
    { argv: [model, '--model', model, ...out], code: 3, what: 'this GGUF is not a LoRA adapter' },
  ];
  for (const { argv, code, what } of cases) {
    const answer = await rectune('merge', ...argv);
    expect(answer.stderr).toContain(what);
    expect(answer.code, what).toBe(code);
  }
  expect(readdirSync(studio)).toEqual(expect.arrayContaining(before));
  expect(existsSync(path('merged.gguf'))).toBe(false);
  expect(readdirSync(studio).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(fileSize(path('mine'))).toBe(4);
  expect((await rectune('merge', run, '--force', '--out', path('mine'))).code).toBe(0);
  expect(fileSize(path('mine'))).toBeGreaterThan(1000);
});
