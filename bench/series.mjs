// Claim: a series of seeds in one process gives the adapter bytes of separate runs in less time: the model is opened and the parity gate passed
// once, and the hidden states below the lowest adapter are computed by the first run alone.
//
//   node bench/series.mjs --log ML-100K --model M.gguf [--layers 8] [--shots 16] [--seeds 3] [--epochs 2] [--threads N] [--json FILE]
//
// Separate runs and the series on the same rows, states kept in memory (f32), so that no process finds what another has left. Seconds are
// those of whole processes, start and checks included.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../dist/platform/cpu.js';
import { buildMovieRows, spreadRows } from './movie-rows.mjs';
import { trainConfig, trainSeries, trainSteps } from './own-trainer.mjs';

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    layers: { type: 'string', default: '8' },
    shots: { type: 'string', default: '16' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '2' },
    threads: { type: 'string' },
    json: { type: 'string' },
  },
});
if (!values.log || !values.model) throw new Error('give --log ML-100K and --model M.gguf');
const [shots, seeds, epochs] = [Number(values.shots), Number(values.seeds), Number(values.epochs)];
const threads = Number(values.threads ?? defaultThreads());
const model = resolve(values.model);
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));

const adapterOf = ({ runDirectory }) => readFileSync(join(runDirectory, 'adapter.gguf'));
const event = (events, name) => events.find((one) => one.event === name);

/** What a run paid: until its first step begins (data, parity gate, hidden states), and for its steps. */
function costs(events) {
  const states = event(events, 'hidden-states');
  const total = event(events, 'done').seconds;
  return { total, states: states.seconds, reused: states.reused };
}

async function main() {
  const { instructions } = spreadRows(await buildMovieRows(values.log, folder), 'train', shots, folder);
  const configs = () =>
    Array.from({ length: seeds }, (_, i) =>
      trainConfig({
        model,
        data: instructions,
        options: {
          epochs,
          batchSize: Math.min(16, shots),
          maxLength: 0,
          threads,
          seed: i + 1,
          layers: `last:${values.layers}`,
          cacheHidden: 'memory',
          device: 'cpu',
          precision: 'f32',
        },
        folder,
      }),
    );
  const alone = [];
  for (const config of configs()) {
    let adapter;
    const onDone = () => {
      adapter = adapterOf(config);
    };
    const { events } = await trainSteps(config, { onDone });
    alone.push({ ...costs(events), adapter });
  }
  const together = configs();
  let adapters = [];
  const series = await trainSeries(together, {
    onDone: () => {
      adapters = together.map(adapterOf);
    },
  });
  const ofSeries = series.runs.map(costs);
  const separate = alone.reduce((sum, { total }) => sum + total, 0);
  console.log(
    `\n${shots} movie rows, ${epochs} epochs, adapters in the last ${values.layers} blocks, ${seeds} seeds, ${threads} threads\n`,
  );
  console.log('| run | alone, s | below the cut, s | in the series, s | below the cut, s |\n|---|---|---|---|---|');
  for (const [i, own] of alone.entries()) {
    const shared = ofSeries[i];
    const cells = [own.total, own.states, shared.total, shared.states].map((seconds) => seconds.toFixed(2));
    console.log(`| seed ${i + 1} | ${cells.join(' | ')} |`);
  }
  const share = series.done.seconds / separate;
  console.log(
    `| all | ${separate.toFixed(2)} | | ${series.done.seconds.toFixed(2)} | |\n\nthe series: ${(100 * share).toFixed(0)} % of the separate runs`,
  );
  const same = alone.every(({ adapter }, i) => adapter.equals(adapters[i]));
  const paysNothing = ofSeries.every(({ states, reused }, i) => i === 0 || (reused && states === 0));
  console.log(`adapter bytes: ${same ? 'the same' : 'NOT the same'}`);
  console.log(`further seeds ${paysNothing ? 'computed nothing' : 'computed AGAIN what lies'} below the cut`);
  if (values.json) {
    const runs = alone.map(({ adapter: _, ...rest }, i) => ({ alone: rest, series: ofSeries[i] }));
    writeFileSync(
      values.json,
      `${JSON.stringify({ shots, epochs, seeds, threads, separate, series: series.done.seconds, share, runs }, null, 2)}\n`,
    );
  }
  if (!same || !paysNothing || share >= 1) process.exitCode = 1;
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
