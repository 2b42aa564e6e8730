// Claim: under RecBole's protocol the models of `rectune-native fit` without an order in time are as good as RecBole's, and learn at least five times as fast
// (bench/fit-sequences.mjs: the others).
//
//   node bench/fit.mjs --log ML-100K [--models pop,bpr,...] [--seeds 5] [--threads 2] [--python PYTHON] [--json FILE]
//
// Protocol: recbole-protocol.mjs. Settings are RecBole's defaults (src/core/fit.ts); models that learn stop by MRR@10 on valid, as RecBole does, and are tested at
// their best epoch. Deterministic models must give RecBole's test values to 1e-3, the others must have RecBole's value within their seeds' spread.
// With --python (a Python with RecBole 1.2.1: peers/README.md) the peer is fitted, too, each seed in turn with ours, and its values and seconds an epoch are
// what is compared; without, the values are those in PEER below, measured so.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FitModel } from '../dist/core/fit.js';
import { PROTOCOL } from '../dist/core/run-config.js';
import { hitRate, ndcg } from '../dist/eval/metrics/ranking.js';
import { defaultThreads } from '../dist/platform/cpu.js';
import { packageRoot } from '../dist/platform/files.js';
import { runNative } from '../dist/platform/native-program.js';
import { median } from './median.mjs';
import { readSequences, writeProtocol } from './recbole-protocol.mjs';

const TOLERANCE = 1e-3;
const SPEED = 5;
/** The model of RecBole, and its test values. Pop counts an item once a batch (`calculate_loss` adds to an index list), so it is a popularity in batches of one alone. */
const PEER = {
  pop: { name: 'Pop', ndcg: 0.044, hit: 0.0859, options: ['--batch-size', '1'] },
  'item-knn': { name: 'ItemKNN', ndcg: 0.0639, hit: 0.1166 },
  ease: { name: 'EASE', ndcg: 0.0734, hit: 0.14 },
  // Of five seeds.
  bpr: {
    name: 'BPR',
    spread: { ndcg: { mean: 0.0558, least: 0.0418, most: 0.0673 }, hit: { mean: 0.1075, least: 0.0806, most: 0.1315 } },
  },
};

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    models: { type: 'string', default: Object.keys(PEER).join(',') },
    seeds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    python: { type: 'string' },
    json: { type: 'string' },
  },
});
if (!values.log) throw new Error('give --log ML-100K');
const threads = Number(values.threads ?? defaultThreads());
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));
const say = (text) => process.stderr.write(`${text}\n`);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;

/** What the metrics on ranks take: candidates by falling score, in groups of equal ones, as far as the target. */
const rankedList = ({ above, tied }) => ({
  groups: [...(above > 0 ? [{ size: above, relevant: 0 }] : []), { size: tied + 1, relevant: 1 }],
  relevant: 1,
});

async function own(model, seed, log, paths) {
  const config = FitModel.parse({ model });
  const learns = !['pop', 'item-knn', 'ease'].includes(model);
  const began = performance.now();
  const ranks = [];
  const epochs = [];
  for await (const event of runNative('fit', {
    protocol: PROTOCOL,
    ...config,
    interactions: paths.interactions,
    items: log.items,
    rows: paths.test,
    validation: { rows: paths.valid, metric: 'mrr@10' },
    learning: learns
      ? { epochs: 300, evaluateEvery: 1, patience: 11, state: null, stateEvery: 60, resume: false }
      : null,
    seed,
    threads,
  })) {
    if (event.event === 'rank') ranks.push(rankedList(event));
    if (event.event === 'epoch') epochs.push(event);
  }
  return {
    ndcg: mean(ranks.map((rank) => ndcg(rank, 10))),
    hit: mean(ranks.map((rank) => hitRate(rank, 10))),
    epochs: epochs.length,
    epochSeconds: learns ? median(epochs.map(({ took }) => took)) : undefined,
    seconds: (performance.now() - began) / 1000,
  };
}

function peer(model, seed) {
  const { name, options = [] } = PEER[model];
  const work = join(folder, 'peer');
  mkdirSync(work, { recursive: true });
  const script = join(packageRoot(), 'bench/peers/recbole_models.py');
  const args = [
    script,
    resolve(values.log),
    work,
    '--model',
    name,
    '--seed',
    `${seed}`,
    '--threads',
    `${threads}`,
    ...options,
  ];
  const began = performance.now();
  const out = execFileSync(values.python, args, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28, cwd: work });
  const lines = out
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = lines.filter((line) => line.valid);
  const { test } = lines.at(-1);
  return {
    ndcg: test['ndcg@10'],
    hit: test['hit@10'],
    epochs: epochs.length,
    epochSeconds: median(epochs.map(({ seconds }) => seconds)),
    seconds: (performance.now() - began) / 1000,
  };
}

const spread = (runs, key) => ({
  mean: mean(runs.map((run) => run[key])),
  least: Math.min(...runs.map((run) => run[key])),
  most: Math.max(...runs.map((run) => run[key])),
});
const text = ({ mean: middle, least, most }) =>
  `${middle.toFixed(4)}${least < most ? ` (${least.toFixed(4)} to ${most.toFixed(4)})` : ''}`;

let failed = false;
const results = {};
try {
  const log = readSequences(values.log);
  say(`${log.sequences.length} users, ${log.items} items, ${threads} threads`);
  const paths = writeProtocol(folder, log);
  for (const model of values.models.split(',')) {
    const learns = !['pop', 'item-knn', 'ease'].includes(model);
    const ours = [];
    const theirs = [];
    for (let seed = 1; seed <= (learns ? Number(values.seeds) : 1); seed++) {
      ours.push(await own(model, seed, log, paths));
      say(`${model}, seed ${seed}: ${JSON.stringify(ours.at(-1))}`);
      if (!values.python) continue;
      theirs.push(peer(model, seed));
      say(`  RecBole: ${JSON.stringify(theirs.at(-1))}`);
    }
    results[model] = { ours, theirs };
    for (const key of ['ndcg', 'hit']) {
      const found = spread(ours, key);
      const told = PEER[model][key];
      const known =
        theirs.length > 0
          ? spread(theirs, key)
          : (PEER[model].spread?.[key] ?? { mean: told, least: told, most: told });
      const holds = learns
        ? found.least <= known.most && known.least <= found.most
        : Math.abs(found.mean - known.mean) <= TOLERANCE;
      failed ||= !holds;
      console.log(`${model} ${key}@10: ${text(found)}, RecBole ${text(known)}${holds ? '' : '  NOT MET'}`);
    }
    const seconds = median(ours.map((run) => run.seconds));
    if (!learns) console.log(`${model}: ${seconds.toFixed(2)} s in all`);
    else
      console.log(
        `${model}: ${(1000 * median(ours.map((run) => run.epochSeconds))).toFixed(1)} ms an epoch, ${seconds.toFixed(1)} s in all`,
      );
    if (learns && theirs.length > 0) {
      const ratio = median(theirs.map((run, i) => run.epochSeconds / ours[i].epochSeconds));
      failed ||= ratio < SPEED;
      console.log(
        `${model}: RecBole takes ${ratio.toFixed(1)} times as long for an epoch${ratio < SPEED ? '  NOT MET' : ''}`,
      );
    }
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(results, undefined, 1));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
