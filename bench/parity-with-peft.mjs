// Claim: scores and losses equal those of transformers + PEFT on the dequantised weights (README, "What it promises").
//
//   npm run build && node bench/parity-with-peft.mjs --log ML-100K --model M.gguf --peers OUT [--threads 1]
//
// OUT is the folder that bench/peers/README.md fills: start.gguf, random-b.gguf, base-scores.jsonl, adapter-scores.jsonl and losses.json.
// The rows are built here, from the log, by our own builder. Prints the largest difference of each and fails above the tolerance.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runNative } from '../dist/platform/native-program.js';
import { buildMovieRows, firstLines } from './movie-rows.mjs';
import { scoreConfig, trainConfig, trainSteps } from './own-trainer.mjs';

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

const jsonLines = (name) =>
  readFileSync(join(peers, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function largestScoreDifference(scores, adapter) {
  const expected = new Map(jsonLines(scores).map(({ row, logOdds }) => [row, logOdds]));
  const data = firstLines(rows.instructions('test'), expected.size, join(folder, 'test.jsonl'));
  const config = scoreConfig({ model, adapter, data, labels: ['Yes.', 'No.'], threads });
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
  const adapter = join(peers, 'start.gguf');
  const steps = expected.length;
  const options = { adapter, steps, batchSize, learningRate: 1e-3, shuffle: false, maxLength: 0, threads };
  const data = firstLines(rows.instructions('train'), steps * batchSize, join(folder, 'train.jsonl'));
  const own = await trainSteps(trainConfig({ model, data, options, folder }));
  const worst = Math.max(...own.steps.map(({ loss }, step) => Math.abs(loss - expected[step])));
  return { rows: expected.length, worst };
}

const rows = await buildMovieRows(values.log, folder);
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
