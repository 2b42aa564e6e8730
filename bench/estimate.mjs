// Claim: what the trainer says before it starts is what then happens: memory within 5 %, time within 10 %.
//
//   node bench/estimate.mjs --log ML-100K --model M.gguf [--synthetic 1.1b] [--work FOLDER] [--threads N] [--quick] [--json FILE]
//
// Each run is one that another benchmark makes. Memory is the largest resident set of the whole process; time runs from the estimate to the end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../dist/platform/cpu.js';
import { buildMovieRows, spreadRows } from './movie-rows.mjs';
import { trainConfig, trainSteps } from './own-trainer.mjs';
import { syntheticModel, syntheticRows } from './synthetic.mjs';

const MEMORY_GOAL = 0.05;
const TIME_GOAL = 0.1;

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    synthetic: { type: 'string' },
    work: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
if (!values.log || !values.model) throw new Error('give --log ML-100K and --model M.gguf');
const threads = Number(values.threads ?? defaultThreads());
const work = values.work ? resolve(values.work) : mkdtempSync(join(tmpdir(), 'rectune-bench-'));
mkdirSync(work, { recursive: true });
const folder = mkdtempSync(join(work, 'estimate-'));

/** The runs: what they are called, model, rows, options. */
async function runs() {
  const model = resolve(values.model);
  const rows = await buildMovieRows(values.log, folder);
  const movie = (count) => spreadRows(rows, 'train', count, folder).instructions;
  const all = [
    { what: 'movie rows, batch 16', model, data: movie(16), options: { batchSize: 16, steps: values.quick ? 2 : 4 } },
    { what: 'last 8 blocks, 4 epochs', model, data: movie(16), options: { layers: 'last:8', epochs: 4 } },
    {
      what: 'blocks computed again',
      model,
      data: movie(16),
      options: { batchSize: 16, steps: 2, recompute: 'on' },
    },
  ];
  if (!values.quick) {
    all.push({ what: 'movie rows, batch 64', model, data: movie(64), options: { batchSize: 64, steps: 3 } });
    all.push({
      what: 'every layer adapted',
      model,
      data: movie(16),
      options: { batchSize: 16, steps: 3, targets: EVERY_LAYER },
    });
  }
  if (values.synthetic) {
    const large = await syntheticModel(values.synthetic, 'q8_0', work);
    const { instructions } = syntheticRows(values.synthetic, 8, 256, folder);
    all.push({
      what: `8 x 256 tokens, shape ${values.synthetic}`,
      model: large,
      data: instructions,
      options: { steps: 2 },
    });
  }
  return all;
}

const isTimed = ({ event, remaining }) => event === 'estimate' && remaining !== null;

const EVERY_LAYER = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];

async function main() {
  const results = [];
  for (const { what, model, data, options } of await runs()) {
    let begin;
    const onEvent = (event) => {
      if (isTimed(event)) begin = performance.now();
    };
    const config = trainConfig({ model, data, options: { maxLength: 0, shuffle: false, threads, ...options }, folder });
    const { events, done } = await trainSteps(config, { onEvent });
    const seconds = (performance.now() - begin) / 1000;
    const estimate = events.find(isTimed);
    if (!estimate) throw new Error('the trainer made no estimate of the time');
    const result = {
      what,
      memory: { estimated: estimate.memory, actual: done.peakMemory, off: estimate.memory / done.peakMemory - 1 },
      time: { estimated: estimate.remaining, actual: seconds, off: estimate.remaining / seconds - 1 },
    };
    process.stderr.write(`  ${what}: memory ${percent(result.memory.off)}, time ${percent(result.time.off)}\n`);
    results.push(result);
  }
  console.log(`\nestimate before the start, and what happened; ${threads} threads\n`);
  console.log('| run | memory said | was | off by | time said | was | off by |\n|---|---|---|---|---|---|---|');
  for (const { what, memory, time } of results) {
    const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
    const seconds = (value) => `${value.toFixed(1)} s`;
    const said = [gigabytes(memory.estimated), gigabytes(memory.actual), percent(memory.off)];
    console.log(`| ${[what, ...said, seconds(time.estimated), seconds(time.actual), percent(time.off)].join(' | ')} |`);
  }
  const within = (kind, goal) => results.every((result) => Math.abs(result[kind].off) <= goal);
  const verdict = (kind, goal) => `${kind} ${within(kind, goal) ? 'within' : 'NOT within'} ${100 * goal} %`;
  console.log(`\n${verdict('memory', MEMORY_GOAL)}; ${verdict('time', TIME_GOAL)}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (!within('memory', MEMORY_GOAL) || !within('time', TIME_GOAL)) process.exitCode = 1;
}

const percent = (share) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;

try {
  await main();
} finally {
  rmSync(values.work ? folder : work, { recursive: true, force: true });
}
