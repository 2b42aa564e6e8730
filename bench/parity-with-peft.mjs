// Claim: scores and losses equal those of transformers + PEFT on the dequantised weights (README, "What it promises").
//
//   npm run build && node bench/parity-with-peft.mjs --log ML-100K --model M.gguf --peers OUT [--threads 1]
//
// OUT is the folder that bench/peers/README.md fills: start.gguf, random-b.gguf, base-scores.jsonl, adapter-scores.jsonl and losses.json.
// The rows are built here, from the log, by our own builder. Prints the largest difference of each and fails above the tolerance.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildVersion, importLog, loadRecipe, openStore, PROTOCOL } from '../dist/index.js';
import { runNative } from '../dist/platform/native-program.js';
import { studioLayout } from '../dist/platform/studio.js';

const LOG_ODDS_TOLERANCE = 0.01;
const LOSS_TOLERANCE = 0.003;

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    peers: { type: 'string' },
    threads: { type: 'string', default: '1' },
  },
});
if (!values.log || !values.model || !values.peers)
  throw new Error('give --log ML-100K, --model M.gguf and --peers OUT');
const model = resolve(values.model);
const peers = resolve(values.peers);
const threads = Number(values.threads);
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));

/** Builds the TALLRec movie rows from the log; returns the hash of the version. */
async function build() {
  const store = openStore(studioLayout.store(folder));
  const now = () => new Date(0);
  await importLog(store, { path: values.log, now });
  const version = await buildVersion(store, loadRecipe('tallrec-movie'), { studio: folder, now, program: 'bench' });
  store.close();
  return version.hash;
}

/** The first rows of a split, in a file of their own. */
function firstRows(split, rows) {
  const lines = readFileSync(studioLayout.instructions(folder, version, split), 'utf8')
    .split('\n')
    .slice(0, rows);
  const path = join(folder, `${split}.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const jsonLines = (name) =>
  readFileSync(join(peers, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function largestScoreDifference(scores, adapter) {
  const expected = new Map(jsonLines(scores).map(({ row, logOdds }) => [row, logOdds]));
  const config = {
    protocol: PROTOCOL,
    model,
    adapter,
    data: firstRows('test', expected.size),
    labels: ['Yes.', 'No.'],
    maxLength: 0,
    sharePrefixes: true,
    batchSize: 64,
    skip: [],
    threads,
  };
  let worst = 0;
  for await (const event of runNative('score', config)) {
    if (event.event === 'score') worst = Math.max(worst, Math.abs(event.logOdds - expected.get(event.row)));
  }
  return { rows: expected.size, worst };
}

async function largestLossDifference() {
  const written = JSON.parse(readFileSync(join(peers, 'losses.json'), 'utf8'));
  const expected = (Array.isArray(written) ? written : written.losses).map((step) => step.loss ?? step);
  const batchSize = 8;
  const config = {
    protocol: PROTOCOL,
    model,
    adapter: join(peers, 'start.gguf'),
    runDirectory: folder,
    data: firstRows('train', expected.length * batchSize),
    labels: null,
    rows: null,
    seed: 1,
    epochs: null,
    steps: expected.length,
    batchSize,
    microBatchSize: batchSize,
    learningRate: 1e-3,
    schedule: 'constant',
    warmupSteps: 0,
    weightDecay: 0,
    maxGradientNorm: 0,
    rank: 8,
    alpha: 16,
    dropout: 0,
    targets: ['attn_q', 'attn_v'],
    loss: 'answer',
    shuffle: false,
    maxLength: 0,
    sharePrefixes: true,
    checkpointEvery: 1000,
    threads,
    resume: false,
  };
  let worst = 0;
  for await (const event of runNative('train', config)) {
    if (event.event === 'step') worst = Math.max(worst, Math.abs(event.loss - expected[event.step - 1]));
  }
  return { rows: expected.length, worst };
}

const version = await build();
try {
  const results = [
    {
      what: 'log-odds, base model',
      tolerance: LOG_ODDS_TOLERANCE,
      ...(await largestScoreDifference('base-scores.jsonl', null)),
    },
    {
      what: 'log-odds, adapter',
      tolerance: LOG_ODDS_TOLERANCE,
      ...(await largestScoreDifference('adapter-scores.jsonl', join(peers, 'random-b.gguf'))),
    },
    { what: 'loss, steps', tolerance: LOSS_TOLERANCE, ...(await largestLossDifference()) },
  ];
  for (const { what, rows, worst, tolerance } of results) {
    console.log(
      `${what.padEnd(24)} ${String(rows).padStart(4)}  largest difference ${worst.toExponential(1)}  tolerance ${tolerance}`,
    );
  }
  if (results.some(({ worst, tolerance }) => !(worst <= tolerance))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
