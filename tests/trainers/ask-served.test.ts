import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSealed } from '../../src/platform/files.js';
import { askServed } from '../../src/trainers/ask-served.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative } from './fake-native.js';

/** Serves the rows that it is asked, and dies before row 5 the first time. */
const SERVES = `
start();
for (const row of config.rows) {
  if (row === 5 && !fs.existsSync(__filename + '.died')) {
    fs.writeFileSync(__filename + '.died', '');
    process.kill(process.pid, 'SIGKILL');
  }
  say({ event: 'served', row, scores: [row / 2], tokens: 7, seconds: 0.25 });
}
done();
`;

it('serves rows in their order, and goes on after it was killed with those that are missing', async () => {
  const calls = fakeNative(SERVES);
  const studio = temporaryFolder();
  const path = (name: string) => join(studio, name);
  for (const name of ['model.gguf', 'adapter.gguf', 'test.jsonl']) writeSealed(path(name), `GGUF ${name}`);
  const files = { data: path('test.jsonl'), model: path('model.gguf'), adapter: path('adapter.gguf') };
  const request = { ...files, labels: null, rows: [2, 4, 5, 9], maxLength: 0, threads: 1 };
  const execution = { studio, now: () => new Date(0) };
  await expect(askServed(request, execution)).rejects.toThrow('killed');
  const { answers, forget } = await askServed(request, execution);
  const answer = (row: number) => ({ row, scores: [row / 2], tokens: 7, seconds: 0.25 });
  expect(answers).toEqual([2, 4, 5, 9].map(answer));
  expect(calls().map(({ config }) => config.rows)).toEqual([
    [2, 4, 5, 9],
    [5, 9],
  ]);
  forget();
  expect(readdirSync(join(studio, 'scoring'))).toEqual([]);
});
