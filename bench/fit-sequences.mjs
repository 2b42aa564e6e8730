// Claim: the models of what comes next are as good as RecBole's under RecBole's protocol, and an epoch of GRU4Rec takes at most a fifth of RecBole's.
//
//   node bench/fit-sequences.mjs --log ML-100K [--models gru4rec,...] [--seeds 5] [--threads 2] [--epochs 300] [--set targetsAtOnce=1] [--python PYTHON [--peer-seconds S]]
//
// Protocol: recbole-protocol.mjs; RecBole's settings (src/core/fit.ts) but for what --set changes, the best epoch by MRR@10 on valid, eleven without a better one end it. RecBole 1.2.1 ranks
// all items for these models, also those that the user has met (its FullSortEvalDataLoader gives them no history to leave out), and chooses the epoch so; the ranks among items that are
// new to the user are told beside it. With --python (a Python with RecBole 1.2.1: peers/README.md) the peer is fitted with each seed in turn, for at most --peer-seconds each: the spreads must then
// overlap. An epoch's time is that which passed; RecBole's processor time is told, too. One JSON line a fit on stdout, at the end a table on stderr.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FitModel } from '../dist/core/fit.js';
import { PROTOCOL } from '../dist/core/run-config.js';
import { defaultThreads } from '../dist/platform/cpu.js';
import { packageRoot } from '../dist/platform/files.js';
import { runNative } from '../dist/platform/native-program.js';
import { median } from './median.mjs';
import { readSequences, writeSequenceProtocol } from './recbole-protocol.mjs';

const PEER = { gru4rec: 'GRU4Rec', sasrec: 'SASRec', caser: 'Caser' };
const SPEED = 5;

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    models: { type: 'string', default: Object.keys(PEER).join(',') },
    seeds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    epochs: { type: 'string', default: '300' },
    set: { type: 'string', multiple: true, default: [] },
    python: { type: 'string' },
    'peer-seconds': { type: 'string' },
  },
});
if (!values.log) throw new Error('give --log ML-100K');
const threads = Number(values.threads ?? defaultThreads());
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));

/** Of places from 1; ties count against the target. */
function quality(places) {
  const top = places.filter((place) => place <= 10);
  const mean = (gain) => top.reduce((sum, place) => sum + gain(place), 0) / places.length;
  return { ndcg: mean((place) => 1 / Math.log2(place + 1)), hit: mean(() => 1), mrr: mean((place) => 1 / place) };
}

async function own(config, seed, log, paths) {
  const places = { all: [], unseen: [] };
  const epochs = [];
  let fitted;
  for await (const event of runNative('fit', {
    protocol: PROTOCOL,
    ...config,
    interactions: paths.interactions,
    items: log.items,
    rows: paths.scored,
    validation: { rows: paths.validAll, metric: 'mrr@10' },
    learning: {
      epochs: Number(values.epochs),
      evaluateEvery: 1,
      patience: 11,
      state: null,
      stateEvery: 60,
      resume: false,
    },
    seed,
    threads,
  })) {
    if (event.event === 'rank')
      places[event.row < log.sequences.length ? 'all' : 'unseen'].push(event.above + event.tied + 1);
    if (event.event === 'epoch') epochs.push(event);
    if (event.event === 'fitted') fitted = event;
  }
  const { all, unseen } = places;
  if (all.length !== log.sequences.length || unseen.length !== all.length) throw new Error('a row has no rank');
  return {
    all: quality(all),
    unseen: quality(unseen),
    bestEpoch: fitted.bestEpoch,
    epochs: epochs.length,
    epochSeconds: median(epochs.map(({ took }) => took)),
    losses: epochs.map(({ loss }) => loss),
    valid: epochs.map(({ value }) => value),
  };
}

/** From 1; of equal ones the first, as both sides have it. */
const bestOf = (values) => values.indexOf(Math.max(...values)) + 1;

function peer(model, seed, mostInputs) {
  const work = join(folder, 'peer');
  mkdirSync(work, { recursive: true });
  const script = join(packageRoot(), 'bench/peers/recbole_models.py');
  const options = { model: PEER[model], seed, threads, epochs: values.epochs, 'most-inputs': mostInputs };
  if (values['peer-seconds']) options.seconds = values['peer-seconds'];
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const out = execFileSync(values.python, [script, resolve(values.log), work, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
    cwd: work,
  });
  const told = out
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = told.filter((line) => line.valid);
  const { test, stopped } = told.at(-1);
  return {
    all: { ndcg: test['ndcg@10'], hit: test['hit@10'], mrr: test['mrr@10'] },
    bestEpoch: bestOf(epochs.map(({ valid }) => valid['mrr@10'])),
    epochs: epochs.length,
    stopped,
    epochSeconds: median(epochs.map(({ seconds }) => seconds)),
    epochProcessorSeconds: median(epochs.map(({ processorSeconds }) => processorSeconds)),
    losses: epochs.map(({ loss }) => loss),
    valid: epochs.map(({ valid }) => valid['mrr@10']),
  };
}

const least = (runs, key) => Math.min(...runs.map((run) => run.all[key]));
const most = (runs, key) => Math.max(...runs.map((run) => run.all[key]));

const tableRows = [];

/** "0.0582 (0.0502 to 0.0705)" */
function ends(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [least, largest] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(4));
  return `${mean.toFixed(4)} (${least} to ${largest})`;
}

function addToTable(name, runs) {
  const of = (part, key) => (runs.every((run) => run[part]) ? ends(runs.map((run) => run[part][key])) : '-');
  tableRows.push([
    name,
    String(runs.length),
    ...[of('all', 'ndcg'), of('all', 'hit'), of('unseen', 'ndcg'), of('unseen', 'hit')],
    runs.map(({ bestEpoch }) => bestEpoch ?? '-').join(', '),
    runs.map(({ epochs }) => epochs).join(', '),
    median(runs.map(({ epochSeconds }) => epochSeconds)).toFixed(2),
  ]);
}

function printTable() {
  const all = 'all items';
  const unseen = 'new to the user';
  const head = [
    ...['model', 'seeds', `NDCG@10, ${all}`, `Hit@10, ${all}`, `NDCG@10, ${unseen}`, `Hit@10, ${unseen}`],
    ...['best epochs', 'epochs', 'seconds an epoch'],
  ];
  for (const cells of [head, head.map(() => '---'), ...tableRows]) console.error(`| ${cells.join(' | ')} |`);
}

let failed = false;
try {
  const log = readSequences(values.log);
  const paths = writeSequenceProtocol(folder, log);
  for (const model of values.models.split(',')) {
    const changed = Object.fromEntries(
      values.set.map((pair) => pair.split('=')).map(([key, text]) => [key, JSON.parse(text)]),
    );
    const config = FitModel.parse({ model, settings: changed });
    const ours = [];
    const theirs = [];
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      ours.push(await own(config, seed, log, paths));
      console.log(JSON.stringify({ model, seed, threads, settings: config.settings, ...ours.at(-1) }));
      if (!values.python) continue;
      theirs.push(peer(model, seed, config.settings.mostInputs));
      console.log(JSON.stringify({ peer: PEER[model], seed, threads, ...theirs.at(-1) }));
    }
    addToTable(model, ours);
    if (theirs.length === 0) continue;
    addToTable(`${PEER[model]}, RecBole`, theirs);
    for (const key of ['ndcg', 'hit']) {
      const overlap = least(ours, key) <= most(theirs, key) && least(theirs, key) <= most(ours, key);
      const spread = (runs) => `${least(runs, key).toFixed(4)} to ${most(runs, key).toFixed(4)}`;
      failed ||= !overlap;
      console.error(`${model} ${key}@10: ${spread(ours)}, RecBole ${spread(theirs)}${overlap ? '' : '  NOT MET'}`);
    }
    const ratio = median(theirs.map((run, i) => run.epochSeconds / ours[i].epochSeconds));
    const isSlow = model === 'gru4rec' && ratio < SPEED;
    failed ||= isSlow;
    console.error(`${model}: RecBole takes ${ratio.toFixed(1)} times as long for an epoch${isSlow ? '  NOT MET' : ''}`);
  }
  printTable();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
