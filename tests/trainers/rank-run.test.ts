import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Instruction } from '../../src/core/instruction.js';
import { RankingResult } from '../../src/core/title-ranking.js';
import { readAnswers } from '../../src/trainers/asked-run.js';
import { RankOptions, rankRun } from '../../src/trainers/rank-run.js';
import { trainRun } from '../../src/trainers/train.js';
import { keepSource, source } from '../store/fixtures.js';
import { type Call, fakeNative, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

/** Writes the titles of the set backwards with the adapter, forwards without. */
const RANKS = `
const lines = fs.readFileSync(config.data, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
start();
for (const row of config.rows) {
  if (String(row) === process.env.DIES_AT) process.kill(process.pid, 'SIGKILL');
  const titles = config.titles ?? [0, 1, 2];
  const places = titles.map((_, place) => place);
  if (config.adapter) places.reverse();
  const best = places.slice(0, config.top).map((place, at) => ({ titles: [place], logProbability: -1 - at }));
  say({ event: 'ranked', row, best, certain: best.length, droppedHistory: 0, tokens: 10, seconds: 0.5 });
}
done();
`;

let calls: () => Call[];
const rankings = () => calls().filter(({ verb }) => verb === 'rank');

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${RANKS} }`);
});
afterEach(() => vi.unstubAllEnvs());

const LISTED: Partial<Instruction> = {
  label: null,
  itemId: 'i2',
  candidates: ['i1', 'i2', 'i3'],
  choices: ['One', 'Two', 'Three'],
  scored: 'likelihood',
  answer: 'Two',
};

async function bench(change: Partial<Instruction> = {}, { task = 'matching', rows = 3 } = {}) {
  const made = testStudio({ ...LISTED, ...change }, { test: rows }, 'abcdef', {
    templates: [{ id: 'preference', version: 1, hash: 't', task }],
    sourceId: 'log',
    sourceHash: 'a'.repeat(64),
  });
  const titles = { i1: 'One', i2: 'Two', i3: 'Three', i4: 'Two', i5: '' };
  const items = Object.entries(titles).map(([itemId, title]) => ({ itemId, title, attributes: {} }));
  keepSource(made.store, source('log'), { items });
  const { run } = await trainRun(made.store, { ...made, version: 'invented', options: options({ evalEvery: 0 }) });
  const rank = (set: 'candidates' | 'catalogue', given: Partial<RankOptions> = {}) =>
    rankRun(made.store, { run: run.id, set, options: RankOptions.parse({ threads: 1, ...given }) }, made);
  return { ...made, run, rank };
}

it('ranks the candidates of every row with the adapter and with its base model, all of them', async () => {
  const { rank, run, model } = await bench();
  const { result, reused } = await rank('candidates', { top: 1 });
  expect(reused).toBe(false);
  expect(result).toMatchObject({ set: 'candidates', titles: null, beams: 20, top: 3, eligible: 3, runId: run.id });
  expect(result.answers.map(({ row, target }) => [row, target])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  expect(result.answers[0]?.adapter.best.map(({ titles }) => titles)).toEqual([[2], [1], [0]]);
  expect(result.answers[0]?.base.best.map(({ titles }) => titles)).toEqual([[0], [1], [2]]);
  expect(rankings().map(({ config }) => [config.model, config.adapter === null, config.titles, config.top])).toEqual([
    [model, false, null, 3],
    [model, true, null, 3],
  ]);
});

it('ranks the catalogue by every title once, and tells the items that share one', async () => {
  const { rank } = await bench();
  const { result } = await rank('catalogue', { beams: 2, top: 2 });
  expect(result.titles).toEqual([
    { title: 'One', items: ['i1'] },
    { title: 'Two', items: ['i2', 'i4'] },
    { title: 'Three', items: ['i3'] },
  ]);
  expect(result.answers[0]).toMatchObject({ target: 1, adapter: { best: [{ titles: [2] }, { titles: [1] }] } });
  expect(rankings()[0]?.config).toMatchObject({ titles: ['One', 'Two', 'Three'], beams: 2, top: 2 });
});

it('draws the same rows for a seed, and answers a question once', async () => {
  const { rank } = await bench({}, { rows: 12 });
  const first = await rank('candidates', { rows: 5 });
  expect(first.result.answers).toHaveLength(5);
  expect(first.result.eligible).toBe(12);
  const again = await rank('candidates', { rows: 5 });
  expect(again).toEqual({ result: first.result, path: first.path, reused: true });
  expect(readAnswers(first.path, RankingResult)).toEqual(first.result);
  expect(rankings()).toHaveLength(2);
  await rank('candidates', { rows: 5, again: true });
  expect(rankings()).toHaveLength(4);
  const other = await rank('candidates', { rows: 5, seed: 2 });
  expect(other.result.answers.map(({ row }) => row)).not.toEqual(first.result.answers.map(({ row }) => row));
});

it('goes on where it was when it was cut short, to the same answers', async () => {
  const { rank } = await bench();
  const whole = await rank('candidates');
  vi.stubEnv('DIES_AT', '1');
  await expect(rank('candidates', { seed: 2 })).rejects.toMatchObject({ kind: 'memory' });
  vi.stubEnv('DIES_AT', '');
  const resumed = await rank('candidates', { seed: 2 });
  expect(resumed.result).toEqual({ ...whole.result, seed: 2 });
  expect(rankings().map(({ config }) => config.rows)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 2],
    [1, 2],
    [0, 1, 2],
  ]);
});

it.each([
  {
    case: 'answers that are no titles',
    change: { choices: ['A', 'B', 'C'] },
    task: 'matching',
    set: 'candidates' as const,
  },
  { case: 'letters', change: { scored: 'first-token' as const }, task: 'matching', set: 'candidates' as const },
  { case: 'a catalogue for rows that show candidates', change: {}, task: 'ranking', set: 'catalogue' as const },
])('refuses $case', async ({ change, task, set }) => {
  const { rank } = await bench(change, { task });
  await expect(rank(set)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('no row of test') });
  expect(rankings()).toEqual([]);
});

it('refuses more titles than beams, and a log that is another one now', async () => {
  const { rank, store } = await bench();
  await expect(rank('catalogue', { beams: 3, top: 4 })).rejects.toMatchObject({ kind: 'usage', where: '--top' });
  keepSource(store, source('log', { hash: 'b'.repeat(64) }));
  await expect(rank('candidates')).rejects.toMatchObject({ kind: 'data' });
});
