// Claim: scoring rows takes a fifth of what node-llama-cpp takes that keeps the KV cache of shared prefixes, and the scores are those of
// an F32 reference.
//
//   node bench/score.mjs --log ML-100K --model M.gguf [--rounds 2] [--threads N] [--quick] [--json FILE]
//
// Ours: `rectune-native score` with the defaults of `rectune predict` on the 1,000 test rows, seconds without the start of the program and
// the checks it makes before the first row. The peer: bench/node-llama-scorer.mjs, on a stretch of the same rows in their sorted order, so that
// neighbours share what they can. They take turns. Reference: libllama on an F32 copy of the model, no flash attention, f32 cache.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../dist/platform/cpu.js';
import { packageRoot } from '../dist/platform/files.js';
import { runNative } from '../dist/platform/native-program.js';
import { median } from './median.mjs';
import { buildMovieRows, spreadRows } from './movie-rows.mjs';
import { nativeBench, scoreConfig } from './own-trainer.mjs';
import { serve } from './served.mjs';

const TOLERANCE = 1e-2; // of log-odds
const LABELS = ['Yes.', 'No.'];

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
if (!values.log || !values.model) throw new Error('give --log ML-100K and --model M.gguf');
const { quick } = values;
const threads = Number(values.threads ?? defaultThreads());
const rounds = Number(values.rounds ?? (quick ? 1 : 2));
const size = quick ? { own: 100, peer: 10, reference: 4 } : { own: 1000, peer: 60, reference: 24 };
const model = resolve(values.model);
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));
const say = (text) => process.stderr.write(`${text}\n`);

/** Scores by row, and the seconds from the first row's start to the end. */
async function ownScores(data) {
  const scores = new Map();
  let begin = performance.now();
  let last;
  for await (const event of runNative('score', scoreConfig({ model, data, labels: LABELS, threads }))) {
    if (event.event === 'score') scores.set(event.row, event.logOdds);
    else if (event.event !== 'done') begin = performance.now(); // what comes before the first score
    last = event;
  }
  return { scores, seconds: (performance.now() - begin) / 1000, peakMemory: last.peakMemory };
}

const startPeer = (file, data, ...mode) =>
  serve(process.execPath, [
    join(packageRoot(), 'bench/node-llama-scorer.mjs'),
    file,
    data,
    ...LABELS,
    String(threads),
    ...mode,
  ]);

async function race(data) {
  const own = [];
  const peers = [];
  const peer = await startPeer(model, data);
  try {
    await peer.ask({ begin: 0, end: 2 }); // pages, plans, and the prefix that all rows share
    for (let round = 0; round < rounds; round++) {
      peers.push(await peer.ask({ begin: 2 + round * size.peer, end: 2 + (round + 1) * size.peer }));
      own.push(await ownScores(data));
      const [a, b] = [own.at(-1).scores.size / own.at(-1).seconds, size.peer / peers.at(-1).seconds];
      say(`  round ${round + 1}: Rectune ${a.toFixed(1)} rows/s, node-llama-cpp ${b.toFixed(2)} rows/s`);
    }
  } finally {
    await peer.end();
  }
  return { own, peers };
}

/** Log-odds of some rows, by row, from libllama on an F32 copy. */
async function referenceScores(data) {
  const copy = join(folder, 'f32.gguf');
  execFileSync(nativeBench('bench-quantise'), [model, copy, 'f32'], { stdio: 'ignore' });
  const reference = await startPeer(copy, data, 'exact');
  try {
    const { scores } = await reference.ask({ begin: 0, end: size.reference });
    return new Map(scores.map(({ row, logOdds }) => [row, logOdds]));
  } finally {
    await reference.end();
    rmSync(copy);
  }
}

const largestDifference = (scores, reference) =>
  Math.max(...[...reference].map(([row, logOdds]) => Math.abs((scores.get(row) ?? Number.NaN) - logOdds)));

async function main() {
  const rows = await buildMovieRows(values.log, folder);
  const { instructions: data } = spreadRows(rows, 'test', size.own, folder);
  const { instructions: few } = spreadRows(rows, 'test', size.reference, folder);
  const { own, peers } = await race(data);
  const reference = await referenceScores(few);
  const rowsPerSecond = own.map(({ scores, seconds }) => scores.size / seconds);
  const peerRowsPerSecond = peers.map(({ scores, seconds }) => scores.length / seconds);
  const ratio = median(rowsPerSecond) / median(peerRowsPerSecond);
  const difference = largestDifference(own[0].scores, reference);
  const peerScores = new Map(peers.flatMap(({ scores }) => scores.map(({ row, logOdds }) => [row, logOdds])));
  const ownToPeer = largestDifference(own[0].scores, peerScores);
  const gigabytes = (runs) => `${(Math.max(...runs.map(({ peakMemory }) => peakMemory)) / 1e9).toFixed(2)} GB`;

  console.log(`\n${size.own} movie test rows, ${threads} threads, ${rounds} rounds\n`);
  console.log('| what | rows/s | peak memory |\n|---|---|---|');
  console.log(`| Rectune | ${median(rowsPerSecond).toFixed(2)} | ${gigabytes(own)} |`);
  console.log(`| node-llama-cpp, prefix kept | ${median(peerRowsPerSecond).toFixed(2)} | ${gigabytes(peers)} |`);
  console.log(`\nratio ${ratio.toFixed(2)} (goal 5)`);
  console.log(
    `log-odds against the F32 reference, ${reference.size} rows: ${difference.toExponential(1)} (tolerance ${TOLERANCE})`,
  );
  console.log(
    `log-odds of node-llama-cpp, which rounds activations to 8 bits, against ours: ${ownToPeer.toExponential(1)}`,
  );
  const result = { threads, rounds, rowsPerSecond, peerRowsPerSecond, ratio, difference, ownToPeer };
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (!(difference <= TOLERANCE)) process.exitCode = 1;
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
