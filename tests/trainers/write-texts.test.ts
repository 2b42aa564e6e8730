import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GenerateOptions } from '../../src/core/run-config.js';
import type { RunEvent } from '../../src/core/run-event.js';
import type { Store } from '../../src/store/store.js';
import { type TextsRequest, writeTexts } from '../../src/trainers/write-texts.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';
import { fakeNative } from './fake-native.js';

/** Writes each text in the prompt's own words, the last prompt first. */
const WRITES = `
const prompts = fs.readFileSync(config.prompts, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
fs.copyFileSync(config.prompts, __filename + '.prompts');
start();
say({ event: 'prompts', prompts: prompts.length - config.skip.length, tokens: 1, longest: 1 });
for (const { id, prompt } of prompts.reverse()) {
  if (config.skip.includes(id)) continue;
  if (prompt === config.grammar) process.exit(130);
  say({ event: 'generated', id, text: 'on ' + prompt, tokens: 2, end: prompt === 'long' ? 'length' : 'stop' });
}
done();
`;

interface Bench {
  store: Store;
  model: string;
  calls: ReturnType<typeof fakeNative>;
  write(prompts: string[], change?: Partial<TextsRequest>): Promise<{ text: string; reused: boolean }[]>;
  events: RunEvent[];
}

function bench(): Bench {
  const { store } = temporaryStore();
  const folder = temporaryFolder();
  const model = join(folder, 'model.gguf');
  writeFileSync(model, 'GGUF model');
  const events: RunEvent[] = [];
  const execution = {
    studio: join(folder, 'studio'),
    now: () => NOW,
    onEvent: (event: RunEvent) => void events.push(event),
  };
  return {
    store,
    model,
    events,
    calls: fakeNative(WRITES),
    write: (prompts, change = {}) =>
      writeTexts(
        store,
        {
          prompts: prompts.map((prompt) => ({ system: null, prompt })),
          model,
          options: GenerateOptions.parse({ threads: 1 }),
          ...change,
        },
        execution,
      ),
  };
}

const options = (change: Partial<GenerateOptions>) => ({ options: GenerateOptions.parse({ threads: 1, ...change }) });

it('answers in the order of the prompts, and writes a prompt that stands twice once', async () => {
  const { store, write, calls, events } = bench();
  expect(await write(['a', 'b', 'a', 'long'])).toEqual([
    { text: 'on a', tokens: 2, end: 'stop', reused: false },
    { text: 'on b', tokens: 2, end: 'stop', reused: false },
    { text: 'on a', tokens: 2, end: 'stop', reused: false },
    { text: 'on long', tokens: 2, end: 'length', reused: false },
  ]);
  expect(store.generatedTexts.count()).toBe(3);
  expect(events.map(({ event }) => event)).toEqual(['start', 'prompts', 'generated', 'generated', 'generated', 'done']);
  expect(calls()).toHaveLength(1);
});

it('takes texts of before from the store, and asks nothing when all are there', async () => {
  const { write, calls } = bench();
  await write(['a', 'b']);
  expect((await write(['b', 'c'])).map(({ reused }) => reused)).toEqual([true, false]);
  expect(calls().at(-1)?.config.skip).toEqual([0]);
  expect((await write(['c', 'b', 'a'])).every(({ reused }) => reused)).toBe(true);
  expect(calls()).toHaveLength(2);
});

it('keeps what was told before the program was stopped, and goes on with the same prompts in the same groups', async () => {
  const { store, write, calls } = bench();
  await expect(write(['a', 'b', 'c', 'd'], { grammar: 'b' })).rejects.toMatchObject({ kind: 'stopped' });
  expect(store.generatedTexts.count()).toBe(2); // d and c
  const first = readFileSync(`${process.env.RECTUNE_NATIVE}.prompts`, 'utf8');
  await expect(write(['a', 'b', 'c', 'd'], { grammar: 'b' })).rejects.toMatchObject({ kind: 'stopped' });
  expect(calls().at(-1)?.config.skip).toEqual([2, 3]);
  expect(readFileSync(`${process.env.RECTUNE_NATIVE}.prompts`, 'utf8')).toBe(first);
});

it.each([
  { case: 'another seed with a temperature', change: options({ temperature: 1, seed: 2 }), again: true },
  { case: 'another nucleus', change: options({ temperature: 1, topP: 0.5 }), again: true },
  { case: 'another limit of tokens', change: options({ temperature: 1, maxTokens: 9 }), again: true },
  { case: 'no chat template', change: options({ temperature: 1, chat: false }), again: true },
  { case: 'a grammar', change: { ...options({ temperature: 1 }), grammar: 'g' }, again: true },
  {
    case: 'more texts at once',
    change: options({ temperature: 1, parallel: 2, threads: 2, contextLength: 99 }),
    again: false,
  },
])('asks again: $again, for $case', async ({ change, again }) => {
  const { write, calls } = bench();
  await write(['a'], options({ temperature: 1 }));
  await write(['a'], change);
  expect(calls()).toHaveLength(again ? 2 : 1);
});

it('asks again for another model, adapter or system text, and not for another seed where nothing is drawn', async () => {
  const { write, calls, model } = bench();
  await write(['a']);
  await write(['a'], options({ seed: 9, topP: 0.1 }));
  expect(calls()).toHaveLength(1);
  await write(['a'], { adapter: model });
  await write([], { prompts: [{ system: 's', prompt: 'a' }] });
  expect(calls()).toHaveLength(3);
  writeFileSync(model, 'GGUF another');
  expect((await write(['a']))[0]?.reused).toBe(false);
});

it('refuses two prompts with one id, and a model that is none', async () => {
  const { write, model } = bench();
  const prompts = [
    { id: 4, system: null, prompt: 'a' },
    { id: 4, system: null, prompt: 'b' },
  ];
  await expect(write([], { prompts })).rejects.toThrow('two prompts have the id 4');
  await expect(write(['a'], { model: `${model}.none` })).rejects.toThrow('no such file');
  expect(await write([])).toEqual([]);
});
