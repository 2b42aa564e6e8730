import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { jsonGrammar } from '../../src/core/json-grammar.js';
import { type JsonSchema, readAnswer } from '../../src/core/json-schema.js';
import { GenerateOptions, PROTOCOL } from '../../src/core/run-config.js';
import { runNative } from '../../src/platform/native-program.js';
import { openStore } from '../../src/store/store.js';
import { writeTexts } from '../../src/trainers/write-texts.js';
import { invoke } from '../cli/invoke.js';
import { inventedSchemas } from '../core/invented-schemas.js';
import { NOW, temporaryFolder } from '../store/fixtures.js';

/** A model with random weights whose tokens are the 256 bytes. */
async function byteModel(folder: string): Promise<string> {
  const output = join(folder, 'bytes.gguf');
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const token = (text: string, kind: string) => ({ text, score: 0, kind });
  const tokens = [
    token('<unk>', 'unknown'),
    token('<s>', 'control'),
    token('</s>', 'control'),
    ...bytes.map((text) => token(text, 'byte')),
  ];
  const shape = { blocks: 2, width: 32, feedForward: 48, heads: 2, headsKv: 2, headWidth: 16, contextLength: 1024 };
  const constants = { ropeBase: 10_000, rmsEpsilon: 1e-5, bos: 1, eos: 2 };
  const config = { protocol: PROTOCOL, output, architecture: 'llama', seed: 5, ...shape, ...constants, tokens };
  for await (const _ of runNative('init', config)); // its last event says that the file is there
  return output;
}

const prompts = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ system: i % 2 ? 'Be brief.' : null, prompt: `User ${i} liked: a, b.` }));

it("a model's text under the grammar of any schema fits the schema", async () => {
  const folder = temporaryFolder();
  const model = await byteModel(folder);
  const store = openStore(join(folder, 'store.db'));
  const options = GenerateOptions.parse({ chat: false, temperature: 1.5, maxTokens: 700, threads: 1, parallel: 4 });
  const execution = { studio: folder, now: () => NOW };
  for (const { schema } of fc.sample(inventedSchemas, { numRuns: 12, seed: 3 })) {
    const request = { prompts: prompts(4), model, grammar: jsonGrammar(schema as JsonSchema), options };
    for (const { text, end } of await writeTexts(store, request, execution)) {
      expect(end).toBe('stop');
      expect(readAnswer(schema, text), text).toBeDefined();
    }
  }
  store.close();
});

it('a generation that is stopped again and again ends in the texts of one that never was', async () => {
  const folder = temporaryFolder();
  const model = await byteModel(folder);
  const options = GenerateOptions.parse({ chat: false, temperature: 1, maxTokens: 60, threads: 1, parallel: 3 });
  const request = { prompts: prompts(20), model, options };
  const whole = openStore(join(folder, 'whole.db'));
  const expected = await writeTexts(whole, request, { studio: folder, now: () => NOW });
  whole.close();

  const store = openStore(join(folder, 'stopped.db'));
  let stops = 0;
  for (;;) {
    const controller = new AbortController();
    let told = 0;
    const before = store.generatedTexts.count();
    const onEvent = ({ event }: { event: string }) => {
      if (event === 'generated' && ++told === 4) controller.abort();
    };
    try {
      const texts = await writeTexts(store, request, {
        studio: folder,
        now: () => NOW,
        signal: controller.signal,
        onEvent,
      });
      expect(texts.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
      break;
    } catch (error) {
      expect(error).toBeInstanceOf(RectuneError);
      expect((error as RectuneError).kind).toBe('stopped');
      expect(store.generatedTexts.count()).toBeGreaterThanOrEqual(before + 4);
      stops += 1;
    }
  }
  expect(stops).toBeGreaterThan(1);
  store.close();
});

it('rectune generate writes a line for each prompt, and the second time from the store', async () => {
  const folder = temporaryFolder();
  const model = await byteModel(folder);
  const path = (name: string) => join(folder, name);
  writeFileSync(path('prompts.jsonl'), '{"id":7,"prompt":"Who?"}\n{"id":3,"system":"s","prompt":"What?"}\n');
  writeFileSync(
    path('schema.json'),
    '{"type":"object","properties":{"stars":{"type":"integer","minimum":1,"maximum":5}}}',
  );
  const args = ['generate', path('prompts.jsonl'), '--model', model, '--schema', path('schema.json'), '--no-chat'];
  const flags = ['--max-tokens', '20', '--threads', '1', '--studio', path('studio'), '--json'];
  const first = await invoke([...args, ...flags]);
  expect(first.code).toBe(0);
  const value = JSON.parse(first.stdout);
  expect(value).toMatchObject({ texts: 2, reused: 0, cutShort: 0 });
  expect(value.lines.map(({ id }: { id: number }) => id)).toEqual([7, 3]);
  for (const { text } of value.lines) expect(text).toMatch(/^\{"stars": [1-5]\}$/);
  expect(JSON.parse((await invoke([...args, ...flags])).stdout)).toEqual({ ...value, reused: 2 });
});
