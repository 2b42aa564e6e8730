// The models of what comes next under RecBole's protocol on MovieLens-100K: how good they are, and what an epoch costs.
//   node bench/fit-sequences.mjs DATA WORK NATIVE [--models gru4rec,sasrec] [--seeds 5] [--threads 2] [--set targetsAtOnce=1]
// DATA holds u.data, WORK takes what is written, NATIVE is rectune-native. At most 300 epochs, the best by MRR@10 on valid, ten without a gain end it, as RecBole's defaults
// have it. RecBole 1.2.1 ranks all items for models of sequences, also those that the user has met (its FullSortEvalDataLoader gives these models no history to leave out); what it gives other models, items
// that are new to the user, is told beside it. One JSON line a fit.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FitModel } from '../dist/core/fit.js';
import { PROTOCOL } from '../dist/core/run-config.js';
import { median } from './median.mjs';
import { readSequences, writeProtocol } from './recbole-protocol.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'gru4rec,sasrec,caser' },
    seeds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    epochs: { type: 'string', default: '300' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const [data, work, native] = positionals;
if (native === undefined) throw new Error('give DATA, WORK and NATIVE');
mkdirSync(work, { recursive: true });
const log = readSequences(data);
const rows = writeProtocol(work, log, true);

// valid and test twice: all items ranked, and those that are new to the user
const parse = (path) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const write = (name, list) => {
  const path = join(work, name);
  writeFileSync(path, list.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
};
const everyItem = (list) => list.map((row) => ({ ...row, excluded: [] }));
const test = parse(rows.test);
const validAll = write('valid-all.jsonl', everyItem(parse(rows.valid)));
const scored = write('scored.jsonl', [
  ...everyItem(test),
  ...test.map((row) => ({ ...row, row: row.row + test.length })),
]);

/** Ties count against the target, as in a list sorted by score they might. */
function quality(ranks) {
  const top = ranks.filter((rank) => rank <= 10);
  const mean = (gain) => top.reduce((sum, rank) => sum + gain(rank), 0) / ranks.length;
  return {
    'NDCG@10': mean((rank) => 1 / Math.log2(rank + 1)),
    'Hit@10': mean(() => 1),
    'MRR@10': mean((rank) => 1 / rank),
  };
}

for (const model of values.models.split(',')) {
  const changed = Object.fromEntries(values.set.map((pair) => [pair.split('=')[0], JSON.parse(pair.split('=')[1])]));
  const { settings } = FitModel.parse({ model, settings: changed });
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const config = join(work, `${model}-${seed}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        protocol: PROTOCOL,
        model,
        settings,
        interactions: rows.interactions,
        items: log.items,
        rows: scored,
        validation: { rows: validAll, metric: 'mrr@10' },
        learning: {
          epochs: Number(values.epochs),
          evaluateEvery: 1,
          patience: 10,
          state: null,
          stateEvery: 0,
          resume: false,
        },
        seed,
        threads: Number(values.threads),
      }),
    );
    const { status, stdout, stderr } = spawnSync('bash', ['-c', 'time -p "$0" fit --config "$1"', native, config], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    if (status !== 0) throw new Error(`${native} ended with ${status}: ${stderr}`);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const epochs = events.filter(({ event }) => event === 'epoch');
    const fitted = events.find(({ event }) => event === 'fitted');
    const ranks = events.filter(({ event }) => event === 'rank').map(({ row, above, tied }) => [row, above + tied + 1]);
    const of = (isAll) => quality(ranks.filter(([row]) => row < test.length === isAll).map(([, rank]) => rank));
    const processorSeconds = [...stderr.matchAll(/^(?:user|sys) ([\d.]+)$/gm)].reduce(
      (sum, [, s]) => sum + Number(s),
      0,
    );
    console.log(
      JSON.stringify({
        model,
        seed,
        threads: Number(values.threads),
        settings,
        epochs: fitted.epochs,
        bestEpoch: fitted.bestEpoch,
        validMRR: fitted.value,
        all: of(true),
        unseen: of(false),
        epochSeconds: median(epochs.map(({ took }) => took)),
        processorSecondsEachEpoch: processorSeconds / fitted.epochs, // validation and the scores of the end included
        losses: epochs.slice(0, 3).map(({ loss }) => loss),
        valid: epochs.slice(0, 3).map(({ value }) => value),
      }),
    );
  }
}
