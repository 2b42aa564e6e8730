import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunEvent } from '../../src/core/run-event.js';
import { listFolder, writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { type Call, fakeNative, SCORES, TRAINS } from '../trainers/fake-native.js';
import { testStudio } from '../trainers/trained-studio.js';
import { invoke } from './invoke.js';

let calls: () => Call[];

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${SCORES} }`);
});
afterEach(() => vi.unstubAllEnvs());

const events = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => RunEvent.parse(JSON.parse(line)).event);

describe('rectune train', () => {
  it('says where the adapter is and what comes next; progress goes to stderr', async () => {
    const { studio, store, model } = testStudio();
    const { code, stdout, stderr } = await invoke(['train', 'invented', '--model', model, '--studio', studio]);
    expect(code).toBe(0);
    const [run] = store.runs.list();
    expect(stdout).toContain(studioLayout.adapter(studio, run?.id as string));
    expect(stdout).toContain(`rectune predict ${run?.id}`);
    expect(stderr).toContain('step 3/3');
  });

  it('streams the run events as JSON lines with --json, and the stored ones when the run is done already', async () => {
    const { studio, model } = testStudio();
    const argv = ['train', 'invented', '--model', model, '--studio', studio, '--json'];
    const first = await invoke(argv);
    expect(events(first.stdout)).toEqual([
      'start',
      'step',
      'checkpoint',
      'step',
      'checkpoint',
      'step',
      'checkpoint',
      'done',
    ]);
    const second = await invoke(argv);
    expect(second.stdout).toBe(first.stdout);
    expect(calls()).toHaveLength(1);
  });

  it('hands every option to native', async () => {
    const { studio, model } = testStudio();
    const words =
      '--shots 4 --seed 3 --steps 9 --batch-size 4 --micro-batch-size 2 --learning-rate 1e-3 --schedule cosine --warmup-steps 2 ' +
      '--weight-decay 0.1 --max-gradient-norm 1 --rank 4 --alpha 8 --dropout 0.05 --targets attn_q,ffn_up --loss all --no-shuffle ' +
      '--max-length 512 --no-share-prefixes --checkpoint-every 5 --threads 1 --recompute on --memory-limit 1.5G --cache-limit 64MiB';
    const { code } = await invoke(['train', 'invented', '--model', model, '--studio', studio, ...words.split(' ')]);
    expect(code).toBe(0);
    const { rows, ...config } = calls()[0]?.config ?? {};
    expect(rows).toHaveLength(4);
    expect(config).toMatchObject({
      seed: 3,
      epochs: null,
      steps: 9,
      batchSize: 4,
      microBatchSize: 2,
      learningRate: 1e-3,
      schedule: 'cosine',
      warmupSteps: 2,
      weightDecay: 0.1,
      maxGradientNorm: 1,
      rank: 4,
      alpha: 8,
      dropout: 0.05,
      targets: ['attn_q', 'ffn_up'],
      loss: 'all',
      shuffle: false,
      maxLength: 512,
      sharePrefixes: false,
      checkpointEvery: 5,
      threads: 1,
      recompute: 'on',
      memoryLimit: 1.5 * 2 ** 30,
      cacheLimit: 64 * 2 ** 20,
    });
  });

  it('shows what a run will take, and of one that is refused nothing stays', async () => {
    fakeNative(`start();
      const estimate = { event: 'estimate', memory: 1234e6, parts: { program: 1, weights: 1, adapter: 1, activations: 1, hiddenStates: 0, kernels: 1, copies: 0 }, phase: 'training',
        limit: null, recompute: true, hiddenStates: 'nowhere', steps: 3, columns: 30 };
      say({ ...estimate, remaining: null });
      say({ ...estimate, remaining: 840 });
      say({ event: 'error', code: 4, what: 'this run takes 9 GB', where: 'this machine', fix: 'use --micro-batch-size 2' }); process.exitCode = 4;`);
    const { studio, store, model } = testStudio();
    const { code, stderr } = await invoke(['train', 'invented', '--model', model, '--studio', studio]);
    expect(code).toBe(4);
    expect(stderr).toContain('memory: about 1.2 GB; each block is computed again in the backward');
    expect(stderr).toContain('time: about 14 min 0 s from here');
    expect(stderr).toContain('fix: use --micro-batch-size 2');
    expect(store.runs.list()).toEqual([]);
    expect(listFolder(dirname(studioLayout.run(studio, 'x')))).toEqual([]);
  });

  it('--estimate says what a run would take, and begins nothing', async () => {
    fakeNative(`start();
      const estimate = { event: 'estimate', memory: 1234e6, parts: { program: 30e6, weights: 97e6, adapter: 7e6, activations: 1.1e9, hiddenStates: 0, kernels: 1e6, copies: 0 },
        phase: 'training', limit: 24e9, recompute: false, hiddenStates: 'nowhere', steps: 3, columns: 30 };
      say({ ...estimate, remaining: null });
      say({ ...estimate, remaining: 840 });
      say({ event: 'done', verb: 'estimate', output: null, seconds: 1, peakMemory: 1 });`);
    const { studio, store, model } = testStudio();
    const argv = ['train', 'invented', '--model', model, '--studio', studio, '--estimate'];
    const { code, stdout } = await invoke(argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/time {4}about 14 min 0 s: 3 steps, 30 tokens to compute/);
    expect(stdout).toMatch(/activations {2,}1\.1 GB/);
    expect(stdout).not.toContain('hidden states  ');
    const asJson = await invoke([...argv, '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ memory: 1234e6, remaining: 840, parts: { adapter: 7e6 } });
    expect(store.runs.list()).toEqual([]);
    expect(listFolder(dirname(studioLayout.run(studio, 'x')))).toEqual([]);
    const series = await invoke([...argv, '--seeds', '2']);
    expect(series.code).toBe(2);
    expect(series.stderr).toContain('--estimate is of one run');
  });

  it.each([
    { case: 'no version', argv: ['--model', 'm'], what: 'a dataset version is missing' },
    {
      case: 'a layer named twice',
      argv: ['invented', '--model', 'm', '--targets', 'attn_q,attn_q'],
      what: '--targets attn_q,attn_q: a layer is named twice',
    },
    { case: 'no model', argv: ['invented'], what: '--model is missing' },
    {
      case: 'more threads than the trainer can start',
      argv: ['invented', '--model', 'm', '--threads', '513'],
      what: '--threads 513: this is not a number of at most 512',
    },
    {
      case: 'settings beside --resume',
      argv: ['--resume', 'x', '--learning-rate', '1', '--no-shuffle'],
      what: '--no-shuffle, --learning-rate given together with --resume',
    },
  ])('refuses $case', async ({ argv, what }) => {
    const { studio } = testStudio();
    const { code, stderr } = await invoke(['train', ...argv, '--studio', studio]);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
  });

  it('ends with 130 and names --resume when it is stopped', async () => {
    fakeNative(`start(); say({ event: 'stopped', step: 1, checkpoint: 'c' }); process.exitCode = 130;`);
    const { studio, model } = testStudio();
    const { code, stderr } = await invoke(['train', 'invented', '--model', model, '--studio', studio, '--json']);
    expect(code).toBe(130);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) as string)).toMatchObject({ error: { code: 130 } });
  });
});

describe('rectune predict', () => {
  it('predicts valid and test of a run, or the split that is named', async () => {
    const { studio, store, model } = testStudio();
    await invoke(['train', 'invented', '--model', model, '--studio', studio]);
    const run = store.runs.list()[0]?.id as string;
    const one = await invoke(['predict', run, '--split', 'test', '--studio', studio, '--json']);
    expect(JSON.parse(one.stdout)).toMatchObject({
      run,
      splits: [{ split: 'test', adapter: { rows: 3, reused: false } }],
    });
    const both = JSON.parse((await invoke(['predict', run, '--studio', studio, '--json'])).stdout);
    expect(
      both.splits.map(({ split, base }: { split: string; base: { reused: boolean } }) => [split, base.reused]),
    ).toEqual([
      ['valid', false],
      ['test', true],
    ]);
  });

  it('names the split that a report wants, too, before the report', async () => {
    const { studio, store, model } = testStudio();
    await invoke(['train', 'invented', '--model', model, '--studio', studio]);
    const run = store.runs.list()[0]?.id as string;
    const said = async (split: string) =>
      (await invoke(['predict', run, '--split', split, '--studio', studio])).stdout.trim().split('\n').at(-1);
    expect(await said('test')).toBe(`next: rectune predict ${run} --split valid`);
    expect(await said('valid')).toBe(`next: rectune report ${run}`);
  });

  it('writes the predictions of any model and adapter to a file', async () => {
    const { studio, model } = testStudio();
    const out = join(studio, 'p.jsonl');
    const argv = [
      'predict',
      '--data',
      'invented',
      '--split',
      'test',
      '--model',
      model,
      '--out',
      out,
      '--studio',
      studio,
    ];
    expect((await invoke(argv)).code).toBe(0);
    expect(
      readFileSync(out, 'utf8')
        .trim()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line))),
    ).toEqual(Array.from({ length: 3 }, () => ['row', 'user', 'item', 'label', 'logOdds', 'choices']));
  });

  it.each([
    { case: 'neither a run nor --data', argv: [], what: 'neither a run nor --data' },
    { case: 'both', argv: ['run', '--data', 'invented'], what: 'both a run and --data' },
    { case: '--data without --out', argv: ['--data', 'invented', '--model', 'm'], what: '--out is missing' },
    { case: 'an adapter beside a run', argv: ['run', '--adapter', 'a'], what: '--adapter given together with a run' },
  ])('refuses $case', async ({ argv, what }) => {
    const { studio } = testStudio();
    const { code, stderr } = await invoke(['predict', ...argv, '--studio', studio]);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
  });
});

describe('rectune list', () => {
  it('calls a run whose process died cut short, not running', async () => {
    const { studio, store, model } = testStudio();
    await invoke(['train', 'invented', '--model', model, '--studio', studio]);
    const run = store.runs.list()[0]?.id as string;
    store.runs.update(run, { status: 'running' });
    expect((await invoke(['list', 'runs', '--studio', studio])).stdout).toMatch(/ cut short /);
    writeSealed(studioLayout.runLock(studio, run), `${process.pid}\n`);
    expect((await invoke(['list', 'runs', '--studio', studio])).stdout).toMatch(/ running /);
  });

  it('prints at most --limit rows, tells how many there are in all, and prints an empty list as such', async () => {
    const { studio, model } = testStudio();
    for (const seed of ['1', '2', '3'])
      await invoke(['train', 'invented', '--model', model, '--seed', seed, '--studio', studio]);
    const two = await invoke(['list', 'runs', '--limit', '2', '--studio', studio, '--json']);
    expect(JSON.parse(two.stdout)).toEqual({ total: 3, runs: [expect.anything(), expect.anything()] });
    const words = await invoke(['list', 'runs', '--limit', '2', '--studio', studio]);
    expect(words.stdout).toMatch(/\n\.\.\. and 1 more \(--limit 3\)\n$/);
    expect((await invoke(['list', 'runs', '--studio', studio])).stdout).not.toContain('more');
    expect((await invoke(['list', 'versions', '--studio', studio])).stdout).toContain('invented');
    expect((await invoke(['list', 'reports', '--studio', studio])).stdout).toBe('none\n');
    expect((await invoke(['list', 'rusn', '--studio', studio])).code).toBe(2);
  });
});
