// Claim: a training step of the same rows, from the same adapter, takes a fraction of what (a) ggml's autodiff, (b) transformers + PEFT
// with the head on answer rows only, and (c) the same with stock loss take, in a fraction of their memory.
//
//   node bench/train.mjs --log ML-100K --model M.gguf --python PYTHON           TALLRec's movie rows, batch 64
//   node bench/train.mjs --synthetic 1.1b --python PYTHON [--work FOLDER]       8 x 256 random tokens on a model of that shape
//
// Options: --rounds N, --threads N, --quick (16 rows, one round, no search for the peer's best setting), --json FILE. The programs of
// native/bench must be built (npm run test:native builds them); PYTHON has the packages of bench/peers/requirements.txt.
//
// All start from one adapter that acts, and their losses of that step must agree to 1e-3 before anything is compared. Then rounds in
// which each takes its turn, so that what else the machine does hits all; figures are medians. Tokens are those of the rows: neither
// padding nor a prefix that is computed again counts. The peers get rows sorted by length, which saves them padding, and, of a few
// settings that are tried first, the fastest. What "share of peak" counts: bench/necessary-operations.mjs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../dist/platform/cpu.js';
import { packageRoot } from '../dist/platform/files.js';
import { median } from './median.mjs';
import { buildMovieRows, spreadRows } from './movie-rows.mjs';
import { modelSizes, necessaryOperations, trieOf } from './necessary-operations.mjs';
import { measurePeak, nativeBench, trainConfig, trainSteps } from './own-trainer.mjs';
import { serve } from './served.mjs';
import { syntheticModel, syntheticRows } from './synthetic.mjs';

const LOSS_TOLERANCE = 1e-3;
const BF16_LOSS_TOLERANCE = 3e-2; // what rounding to 8 bits makes of a loss
const RANK = 8;
const TARGETS = ['attn_q', 'attn_v'];
const STEPS = 3; // of ours a round; the first is not timed

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    synthetic: { type: 'string' },
    python: { type: 'string' },
    work: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
if (!values.python || !(values.synthetic || (values.log && values.model)))
  throw new Error('give --python PYTHON and --log ML-100K --model M.gguf, or --synthetic 1.1b');
const { quick } = values;
const threads = Number(values.threads ?? defaultThreads());
const rounds = Number(values.rounds ?? (quick || values.synthetic ? 1 : 2));
const work = values.work ? resolve(values.work) : mkdtempSync(join(tmpdir(), 'rectune-bench-'));
mkdirSync(work, { recursive: true });
const folder = mkdtempSync(join(work, 'train-'));
const peerProgram = join(packageRoot(), 'bench/peers/peft_reference.py');

/** The task: model, rows in both forms, and how many of them each takes at once. */
async function movieTask() {
  const count = quick ? 16 : 64;
  const all = await buildMovieRows(values.log, folder);
  const { instructions, published } = spreadRows(all, 'train', count, folder);
  const few = spreadRows(all, 'train', 8, folder); // for autodiff, the slowest by far
  return {
    what: `TALLRec movie rows, batch ${count}`,
    model: resolve(values.model),
    count,
    instructions,
    peerRows: ['--rows', published],
    autodiff: { instructions: few.instructions, count: 8, microBatch: 8 },
    settings: quick ? [{ dtype: 'f32', microBatch: 8 }] : PEER_SETTINGS,
  };
}

const PEER_SETTINGS = [
  { dtype: 'f32', microBatch: 8 },
  { dtype: 'f32', microBatch: 16 },
  { dtype: 'bf16', microBatch: 8 },
];

async function syntheticTask(name) {
  const count = 8;
  const { instructions, tokens } = syntheticRows(name, count, 256, folder);
  const single = join(folder, 'single.jsonl');
  writeFileSync(single, `${readFileSync(instructions, 'utf8').split('\n')[0]}\n`);
  return {
    what: `${count} x 256 random tokens, shape ${name}, Q8_0`,
    model: await syntheticModel(name, 'q8_0', work),
    count,
    instructions,
    peerRows: ['--tokens', tokens],
    autodiff: { instructions: single, count: 1, microBatch: 1 },
    settings: [{ dtype: 'f32', microBatch: count }],
  };
}

const say = (text) => process.stderr.write(`${text}\n`);

function startPeer(task, adapter, { dtype }, extra = []) {
  const args = [peerProgram, 'timing', '--model', task.model, ...task.peerRows, '--start-adapter', adapter];
  return serve(values.python, [...args, '--dtype', dtype, '--threads', String(threads), '--sort', ...extra]);
}

/** The fastest of the settings, each measured on 16 rows after a warm-up. */
async function bestSetting(task, adapter) {
  if (task.settings.length === 1) return task.settings[0];
  const speeds = [];
  for (const dtype of new Set(task.settings.map((setting) => setting.dtype))) {
    const peer = await startPeer(task, adapter, { dtype });
    for (const setting of task.settings.filter((one) => one.dtype === dtype)) {
      const rows = Math.max(16, setting.microBatch);
      if (speeds.length === 0 || dtype !== speeds.at(-1).setting.dtype) await peer.ask({ rows: 4, microBatch: 4 });
      const { tokens, seconds } = await peer.ask({ rows, microBatch: setting.microBatch });
      say(`  PEFT ${setting.dtype}, ${setting.microBatch} rows at once: ${(tokens / seconds).toFixed(0)} tokens/s`);
      speeds.push({ setting, speed: tokens / seconds });
    }
    await peer.end();
  }
  return speeds.reduce((a, b) => (b.speed > a.speed ? b : a)).setting;
}

/** A program that is asked for steps: what it said of each, and what of that counts as result. */
function servedContestant(name, start, question, weightBytes) {
  let program;
  const answers = [];
  return {
    name,
    start: async () => {
      program = await start();
      await program.ask({ rows: 1, microBatch: 1 }); // the first step pays for pages and plans
    },
    turn: async () => answers.push(await program.ask(question)),
    end: () => program?.end(),
    result: () => ({
      loss: answers[0].loss,
      tokensPerSecond: answers.map(({ tokens, seconds }) => tokens / seconds),
      padding: answers[0].paddedTokens / answers[0].tokens,
      peakMemory: Math.max(...answers.map(({ peakMemory }) => peakMemory)),
      weights: weightBytes ?? program.greeting.weights,
    }),
  };
}

/** Training as a user starts it, a few steps a turn. */
function ownContestant(task, adapter) {
  const runs = [];
  return {
    name: 'Rectune',
    start: async () => {},
    turn: async () => runs.push(await trainSteps(ownConfig(task, adapter, task.instructions, task.count, STEPS))),
    end: () => {},
    result: () => ({
      loss: runs[0].steps[0].loss,
      tokensPerSecond: runs.flatMap(({ seconds, steps }) => seconds.map((second) => steps[0].tokens / second)),
      padding: runs[0].steps[0].columns / runs[0].steps[0].tokens,
      peakMemory: Math.max(...runs.map(({ done }) => done.peakMemory)),
      weights: statSync(task.model).size,
      kernel: runs[0].events[0].kernel,
    }),
  };
}

function ownConfig(task, adapter, data, batchSize, steps) {
  const options = { adapter, steps, batchSize, learningRate: 1e-12, shuffle: false, maxLength: 0, threads }; // the rate: a step like any, to the same place
  return trainConfig({ model: task.model, data, options, folder });
}

async function main() {
  const task = await (values.synthetic ? syntheticTask(values.synthetic) : movieTask());
  const adapter = join(folder, 'start.gguf');
  const targets = ['--targets', TARGETS.join(','), '--rank', String(RANK), '--random-b'];
  execFileSync(values.python, [peerProgram, 'make-adapter', '--model', task.model, ...targets, '--out', adapter], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  say(`${task.what}; ${threads} threads`);
  const best = await bestSetting(task, adapter);
  const shown = `${best.dtype}, ${best.microBatch} at once`;
  const dumped = join(folder, 'tokens.jsonl');
  const whole = { rows: task.count, microBatch: best.microBatch };
  const own = ownContestant(task, adapter);
  const { autodiff } = task;
  const contestants = [
    own,
    servedContestant(
      `(a) ggml autodiff, f32, ${autodiff.microBatch} at once`,
      () => serve(nativeBench('bench-autodiff'), [task.model, autodiff.instructions, adapter, String(threads)]),
      { rows: autodiff.count, microBatch: autodiff.microBatch },
    ),
    servedContestant(
      `(b) PEFT, ${shown}, head on answer rows`,
      () => startPeer(task, adapter, best, ['--dump-tokens', dumped]),
      whole,
    ),
    servedContestant(`(c) PEFT, ${shown}, stock loss`, () => startPeer(task, adapter, best, ['--stock-loss']), whole),
  ];
  const peaks = [];
  // The models of the large shape do not fit into memory together: there each is started and ended for its turn.
  const oneByOne = values.synthetic !== undefined;
  try {
    if (!oneByOne) for (const contestant of contestants) await contestant.start();
    for (let round = 1; round <= rounds; round++) {
      for (const contestant of contestants) {
        if (oneByOne) await contestant.start();
        peaks.push(measurePeak(threads));
        await contestant.turn();
        if (oneByOne) await contestant.end();
        const speeds = contestant.result().tokensPerSecond;
        say(`  round ${round}: ${contestant.name}: ${speeds.at(-1).toFixed(0)} tokens/s`);
      }
    }
  } finally {
    for (const contestant of contestants) await contestant.end();
  }
  const results = contestants.map((contestant) => ({ name: contestant.name, ...contestant.result() }));

  // Autodiff computed some of the rows only: ours on the same, for the loss.
  const few = await trainSteps(ownConfig(task, adapter, autodiff.instructions, autodiff.count, 1));
  const ownLoss = (name) => (name.startsWith('(a)') ? few.steps[0].loss : results[0].loss);
  const differences = results.slice(1).map(({ name, loss }) => ({ name, difference: Math.abs(loss - ownLoss(name)) }));
  const rows = readFileSync(dumped, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const trie = trieOf(rows);
  const tokens = rows.reduce((sum, row) => sum + row.tokens.length, 0);
  const operations = necessaryOperations(modelSizes(task.model), trie, { rank: RANK, targets: TARGETS });
  const peak = median(peaks.map(({ gflops }) => gflops));

  const [ours] = results;
  console.log(`\n${task.what}; ${threads} threads, kernels ${ours.kernel}; ${rounds} rounds`);
  console.log(
    `${tokens} tokens, ${trie.columns} distinct columns; necessary: ${(operations / 1e12).toFixed(2)} TFLOP a step`,
  );
  console.log(
    `peak (${peaks[0].kernel}, registers only): median ${peak.toFixed(0)}, best ${Math.max(...peaks.map(({ best: one }) => one)).toFixed(0)} GFLOP/s\n`,
  );
  console.log('| what | tokens/s | ours is | share of peak | computed / real tokens | peak memory | above weights |');
  console.log('|---|---|---|---|---|---|---|');
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
  for (const result of results) {
    const speed = median(result.tokensPerSecond);
    result.ratio = median(ours.tokensPerSecond) / speed;
    result.shareOfPeak = operations / (tokens / speed) / 1e9 / peak;
    const cells = [
      result.name,
      speed.toFixed(0),
      `${result.ratio.toFixed(2)}x`,
      `${(100 * result.shareOfPeak).toFixed(0)} %`,
      result.padding.toFixed(2),
    ];
    console.log(
      `| ${[...cells, gigabytes(result.peakMemory), gigabytes(result.peakMemory - result.weights)].join(' | ')} |`,
    );
  }
  console.log('');
  const tolerance = best.dtype === 'bf16' ? BF16_LOSS_TOLERANCE : LOSS_TOLERANCE;
  for (const { name, difference } of differences)
    console.log(`loss of step 1, ours and ${name}: ${difference.toExponential(1)} apart (tolerance ${tolerance})`);
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ task: task.what, threads, rounds, tokens, trie, operations, peaks, results, differences }, null, 2)}\n`,
    );
  if (differences.some(({ difference }) => !(difference <= tolerance))) {
    console.log('the losses differ: the figures above compare different things');
    process.exitCode = 1;
  }
}

try {
  await main();
} finally {
  rmSync(values.work ? folder : work, { recursive: true, force: true });
}
