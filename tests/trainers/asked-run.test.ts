import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Random } from '../../src/core/random.js';
import { writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { type AskedRun, answeredOnce, drawRows, servedFiles } from '../../src/trainers/asked-run.js';
import { temporaryFolder } from '../store/fixtures.js';

const Said = z.strictObject({ words: z.string() });

function question(folder: string, again = false) {
  return { question: { rows: [1, 2] }, schema: Said, again, pathOf: (id: string) => join(folder, `${id}.json`) };
}

it('answers a question once, also when it is asked twice at the same time, and anew when that is wanted', async () => {
  const folder = temporaryFolder();
  let asked = 0;
  const answer = async () => {
    asked += 1;
    await new Promise((done) => setTimeout(done, 20));
    return { result: { words: `answer ${asked}` } };
  };
  const [one, other] = await Promise.all([1, 2].map(() => answeredOnce(question(folder), {}, answer)));
  expect([one?.result, other?.result, asked]).toEqual([{ words: 'answer 1' }, { words: 'answer 1' }, 1]);
  expect([one?.reused, other?.reused].sort()).toEqual([false, true]);
  expect(readdirSync(folder)).toHaveLength(1); // no lock is left
  const anew = await answeredOnce(question(folder, true), {}, answer);
  expect(anew).toMatchObject({ result: { words: 'answer 2' }, reused: false });
});

it('forgets what it kept for a later try only when the answer is sealed', async () => {
  const folder = temporaryFolder();
  const wrong = async () => ({ result: { words: 3 as unknown as string }, forget: () => expect.unreachable() });
  await expect(answeredOnce(question(folder), {}, wrong)).rejects.toThrow();
  const seen: string[][] = [];
  await answeredOnce(question(folder), {}, async () => ({
    result: { words: 'right' },
    forget: () => seen.push(readdirSync(folder).filter((name) => name.endsWith('.json'))),
  }));
  expect(seen).toEqual([[expect.stringMatching(/\.json$/)]]);
});

it('draws rows by a seed and gives them in order', () => {
  const rows = Array.from({ length: 50 }, (_, row) => ({ row }));
  const drawn = (seed: number) => drawRows(rows, 9, new Random(seed, 'test')).map(({ row }) => row);
  expect(drawn(1)).toHaveLength(9);
  expect(drawn(1)).toEqual([...drawn(1)].sort((a, b) => a - b));
  expect(drawn(1)).not.toEqual(drawn(2));
  expect(drawRows(rows.slice(0, 3), 9, new Random(1, 'test'))).toEqual(rows.slice(0, 3));
});

it('serves an adapter with magnitudes by its merged model, and says what to do when that is gone', () => {
  const studio = temporaryFolder();
  const asked = (variant: string, merged: string | null) =>
    ({ run: { id: 'r', config: { variant } }, model: 'm.gguf', adapter: 'a.gguf', merged }) as unknown as AskedRun;
  const base = { model: 'm.gguf', adapter: null };
  expect(servedFiles(studio, asked('lora', null))).toEqual({ adapter: { model: 'm.gguf', adapter: 'a.gguf' }, base });
  const path = studioLayout.merged(studio, 'r');
  writeSealed(path, 'GGUF');
  expect(servedFiles(studio, asked('dora', path))).toEqual({ adapter: { model: path, adapter: null }, base });
  expect(() => servedFiles(studio, asked('dora', null))).toThrow(/merged model .* is gone/);
});
