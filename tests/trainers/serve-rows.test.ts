import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ServedAnswer } from '../../src/core/probe.js';
import { type ServeRequest, serveRows, servingEngine } from '../../src/trainers/serve-rows.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative } from './fake-native.js';

/** Answers the rows that it is asked for with their own numbers. */
const SERVES = `
start();
for (const row of config.rows ?? [0, 1]) say({ event: 'served', row, scores: [row, -row], tokens: 10 + row, seconds: 0.5 });
done();
`;

function request(change: Partial<ServeRequest> = {}): ServeRequest {
  const folder = temporaryFolder();
  const file = (name: string) => {
    writeFileSync(join(folder, name), 'GGUF');
    return join(folder, name);
  };
  return {
    data: join(folder, 'test.jsonl'),
    labels: ['Yes.', 'No.'],
    model: file('model.gguf'),
    adapter: file('adapter.gguf'),
    maxLength: 1024,
    threads: 2,
    ...change,
  };
}

async function answersTo(asked: ServeRequest): Promise<ServedAnswer[]> {
  const answers: ServedAnswer[] = [];
  for await (const answer of serveRows(asked)) answers.push(answer);
  return answers;
}

it('asks for the rows in the order wanted, and hands on each answer', async () => {
  const calls = fakeNative(SERVES);
  const asked = request({ rows: [4, 2] });
  expect(await answersTo(asked)).toEqual([
    { row: 4, scores: [4, -4], tokens: 14, seconds: 0.5 },
    { row: 2, scores: [2, -2], tokens: 12, seconds: 0.5 },
  ]);
  const { data, labels, model, adapter, maxLength, threads } = asked;
  expect(calls()).toMatchObject([
    {
      verb: 'serve',
      config: { protocol: 2, model, adapter, data, labels, rows: [4, 2], maxLength, threads },
    },
  ]);
});

it('asks for all rows when none are named, without an adapter when there is none', async () => {
  const calls = fakeNative(SERVES);
  expect((await answersTo(request({ adapter: null }))).map(({ row }) => row)).toEqual([0, 1]);
  expect(calls()[0]?.config).toMatchObject({ rows: null, adapter: null });
});

it('refuses files that are no GGUF before the program is started', async () => {
  const calls = fakeNative(SERVES);
  await expect(answersTo(request({ model: '/nowhere/model.gguf' }))).rejects.toMatchObject({ kind: 'data' });
  await expect(answersTo(request({ adapter: '/nowhere/adapter.gguf' }))).rejects.toMatchObject({ kind: 'data' });
  expect(calls()).toEqual([]);
});

it('names the release of llama.cpp that answers', () => {
  expect(servingEngine()).toMatch(/^(v\d+\.|b\d+)/);
});
