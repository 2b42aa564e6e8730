// Claim: DIN tells what a user will like better than the liked share of his history, of the item, and of both.
//
//   node bench/fit-judgements.mjs --log ML-100K [--seeds 3] [--threads 2] [--set width=10] [--epochs 50]
//
// Liked: four stars or more. Of each user the last interaction is tested, the one before it chooses the epoch (AUC over all rows, three evaluations without a better one end it), the rest is learned from. Shares
// are those of the train part, (liked + 1) / (seen + 2); of both: the sum of their log-odds. One JSON line a fit.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FitModel } from '../dist/core/fit.js';
import { PROTOCOL } from '../dist/core/run-config.js';
import { auc } from '../dist/eval/metrics/auc.js';
import { logLoss } from '../dist/eval/metrics/log-loss.js';
import { defaultThreads } from '../dist/platform/cpu.js';
import { runNative } from '../dist/platform/native-program.js';
import { median } from './median.mjs';

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    threads: { type: 'string' },
    epochs: { type: 'string', default: '50' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
if (!values.log) throw new Error('give --log ML-100K');
const threads = Number(values.threads ?? defaultThreads());
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));

function readJudgements() {
  const items = new Map();
  const users = new Map();
  for (const line of readFileSync(join(values.log, 'u.data'), 'utf8').trim().split('\n')) {
    const [user, item, rating, time] = line.split('\t');
    if (!items.has(item)) items.set(item, items.size);
    if (!users.has(user)) users.set(user, []);
    users.get(user).push({ item: items.get(item), liked: Number(rating) >= 4, time: Number(time) });
  }
  return { users: [...users.values()].map((met) => met.sort((a, b) => a.time - b.time)), items: items.size };
}

const row = (number, met, at) => ({
  row: number,
  user: number,
  history: met.slice(0, at).map(({ item }) => item),
  liked: met.slice(0, at).map(({ liked }) => liked),
  candidates: [met.at(at).item],
  excluded: null,
  relevant: met.at(at).liked ? [met.at(at).item] : [],
});

function write(name, list) {
  const path = join(folder, name);
  writeFileSync(path, list.map((value) => `${JSON.stringify(value)}\n`).join(''));
  return path;
}

const logOdds = (seen) =>
  Math.log((seen.filter(({ liked }) => liked).length + 1) / (seen.filter(({ liked }) => !liked).length + 1));

let failed = false;
try {
  const { users, items } = readJudgements();
  const train = users.map((met) => met.slice(0, -2));
  const interactions = write(
    'interactions.jsonl',
    train.map((met) => ({ items: met.map(({ item }) => item), liked: met.map(({ liked }) => liked) })),
  );
  const valid = write(
    'valid.jsonl',
    users.map((met, user) => row(user, met, -2)),
  );
  const rows = write(
    'test.jsonl',
    users.map((met, user) => row(user, met, -1)),
  );
  const labels = users.map((met) => met.at(-1).liked);

  const byItem = Array.from({ length: items }, () => []);
  for (const met of train) for (const one of met) byItem[one.item].push(one);
  const ofUser = users.map((met) => logOdds(met.slice(0, -1)));
  const ofItem = users.map((met) => logOdds(byItem[met.at(-1).item]));
  const both = ofUser.map((odds, i) => odds + ofItem[i]);
  const trivial = { history: auc(ofUser, labels), item: auc(ofItem, labels), both: auc(both, labels) };
  console.log(JSON.stringify({ liked: labels.filter(Boolean).length / labels.length, rows: labels.length, trivial }));

  const changed = Object.fromEntries(
    values.set.map((pair) => pair.split('=')).map(([key, text]) => [key, JSON.parse(text)]),
  );
  const config = FitModel.parse({ model: 'din', settings: changed });
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const scores = [];
    const epochs = [];
    for await (const event of runNative('fit', {
      protocol: PROTOCOL,
      ...config,
      interactions,
      items,
      rows,
      validation: { rows: valid, metric: 'auc' },
      learning: {
        epochs: Number(values.epochs),
        evaluateEvery: 1,
        patience: 3,
        state: null,
        stateEvery: 60,
        resume: false,
      },
      seed,
      threads,
    })) {
      if (event.event === 'scores') scores[event.row] = event.scores[0];
      if (event.event === 'epoch') epochs.push(event);
    }
    const found = auc(scores, labels);
    failed ||= !(found > trivial.both);
    console.log(
      JSON.stringify({
        model: 'din',
        seed,
        threads,
        auc: found,
        logLoss: logLoss(scores, labels),
        epochs: epochs.length,
        valid: epochs.map(({ value }) => value),
        losses: epochs.map(({ loss }) => loss),
        epochSeconds: median(epochs.map(({ took }) => took)),
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
