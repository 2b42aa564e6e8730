import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Instruction } from '../../src/core/instruction.js';
import { trainRun } from '../../src/trainers/train.js';
import { WriteOptions, writeRun } from '../../src/trainers/write-run.js';
import { type Call, fakeNative, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

/** Says what it was asked, by whom. */
const WRITES = `
const prompts = fs.readFileSync(config.prompts, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
start();
for (const { id, prompt } of prompts) {
  if (config.skip.includes(id)) continue;
  if (String(id) === process.env.DIES_AT) process.kill(process.pid, 'SIGKILL');
  say({ event: 'generated', id, text: (config.adapter ? 'adapted ' : 'plain ') + prompt, tokens: 2, end: 'stop' });
}
done();
`;

let calls: () => Call[];
const writings = () => calls().filter(({ verb }) => verb === 'generate');

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${WRITES} }`);
});
afterEach(() => vi.unstubAllEnvs());

async function bench(change: Partial<Instruction> = {}) {
  const free: Partial<Instruction> = { label: null, choices: null, scored: null, answer: 'a gift' };
  const made = testStudio({ ...free, ...change }, { test: 5 }, 'abcdef', {
    templates: [{ id: 'preference', version: 1, hash: 't', task: 'summary' }],
  });
  writeFileSync(made.model, 'GGUF, a model');
  const { run } = await trainRun(made.store, { ...made, version: 'invented', options: options({ evalEvery: 0 }) });
  const write = (given: Partial<WriteOptions> = {}) =>
    writeRun(made.store, { run: run.id, options: WriteOptions.parse({ threads: 1, ...given }) }, made);
  return { ...made, run, write };
}

it('keeps what the adapter and its base model write behind rows of test, with the answer of the log and the most frequent one of train', async () => {
  const { write, run } = await bench();
  const { result, reused } = await write({ rows: 3 });
  expect(reused).toBe(false);
  expect(result).toMatchObject({ runId: run.id, eligible: 5, maxTokens: 64, frequent: { summary: 'a gift' } });
  expect(result.answers).toHaveLength(3);
  for (const { reference, adapter, base } of result.answers) {
    expect([reference, adapter.text.split(' ')[0], base.text.split(' ')[0]]).toEqual(['a gift', 'adapted', 'plain']);
  }
  const asked = writings().map(({ config }) => [config.adapter === null, config.chat, config.temperature]);
  expect(asked).toEqual([
    [true, false, 0],
    [false, false, 0],
  ]);
  expect((await write({ rows: 3 })).reused).toBe(true);
  expect(writings()).toHaveLength(2);
});

it('goes on where it was when it was cut short', async () => {
  const { write } = await bench();
  vi.stubEnv('DIES_AT', '3');
  await expect(write()).rejects.toThrow();
  vi.stubEnv('DIES_AT', '');
  const { result } = await write();
  expect(result.answers.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
  expect(writings().map(({ config }) => (config.skip as number[]).length)).toEqual([0, 3, 0]);
});

it('refuses a version whose rows have choices or labels', async () => {
  const { write } = await bench({ choices: ['a gift', 'a card'], scored: 'likelihood' });
  await expect(write()).rejects.toThrow('no row of test is answered by free text');
});
