// Claim: with adapters in the last 8 of 30 blocks a 10-epoch K-shot run costs at most 55 % of the same run that computes the frozen blocks
// below them each time, gives the same adapter bytes, and a run with another seed pays nothing below the cut.
//
//   node bench/last-layers.mjs --log ML-100K --model M.gguf [--layers 8] [--shots 64] [--epochs 10] [--threads N] [--quick] [--json FILE]
//
// Four runs on the same rows: without the cache, with it (states kept on disk, f32), another seed with what is kept, and, for comparison, two
// epochs with adapters in all blocks. Seconds are those of the whole program, start and checks included; of the last, scaled to the
// same epochs. The count of operations says what the share would be if all of them took the same time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../dist/platform/cpu.js';
import { readGgufHeader } from '../dist/platform/gguf-header.js';
import { buildMovieRows, spreadRows } from './movie-rows.mjs';
import { trainConfig, trainSteps } from './own-trainer.mjs';

const GOAL = 0.55;
const EPOCHS_OF_ALL = 2;

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    layers: { type: 'string', default: '8' },
    shots: { type: 'string' },
    epochs: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
if (!values.log || !values.model) throw new Error('give --log ML-100K and --model M.gguf');
const model = resolve(values.model);
const threads = Number(values.threads ?? defaultThreads());
const shots = Number(values.shots ?? (values.quick ? 8 : 64));
const epochs = Number(values.epochs ?? (values.quick ? 4 : 10));
const last = Number(values.layers);
const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));

/** One run, and the bytes of its adapter. */
async function run(what, data, options) {
  const config = trainConfig({
    model,
    data,
    options: { epochs, batchSize: 16, maxLength: 0, threads, ...options },
    folder,
  });
  let adapter;
  const { events, steps, done } = await trainSteps(config, {
    onDone: () => {
      adapter = readFileSync(join(config.runDirectory, 'adapter.gguf'));
    },
  });
  const states = events.find(({ event }) => event === 'hidden-states');
  const stepSeconds = steps.at(-1).seconds - steps[0].seconds;
  process.stderr.write(`  ${what}: ${done.seconds.toFixed(1)} s\n`);
  return { what, seconds: done.seconds, stepSeconds, peakMemory: done.peakMemory, states, adapter };
}

async function main() {
  const { keys } = readGgufHeader(model, 'name the GGUF file of a base model');
  const blocks = keys.get(`${keys.get('general.architecture')}.block_count`);
  const { instructions } = spreadRows(await buildMovieRows(values.log, folder), 'train', shots, folder);
  const layers = `last:${last}`;
  const plain = await run(`${layers}, nothing kept`, instructions, { layers, cacheHidden: 'off' });
  const kept = await run(`${layers}, hidden states kept`, instructions, { layers, cacheHidden: 'disk' });
  const seed = await run(`${layers}, another seed`, instructions, { layers, cacheHidden: 'disk', seed: 2 });
  const all = await run(`all ${blocks} blocks, ${EPOCHS_OF_ALL} epochs`, instructions, {
    layers: 'all',
    epochs: EPOCHS_OF_ALL,
  });
  all.what = `all ${blocks} blocks (from ${EPOCHS_OF_ALL} epochs)`;
  all.seconds *= epochs / EPOCHS_OF_ALL;

  const counted = (blocks - last + epochs * 2 * last) / (epochs * (blocks + last)); // a block backward costs as much as forward
  const share = kept.seconds / plain.seconds;
  const same = kept.adapter.equals(plain.adapter);
  const paysNothing = seed.states.reused === true;
  console.log(
    `\n${shots} movie rows, ${epochs} epochs, adapters in the last ${last} of ${blocks} blocks, ${threads} threads\n`,
  );
  console.log('| run | seconds | share | peak memory |\n|---|---|---|---|');
  for (const { what, seconds, peakMemory } of [all, plain, kept, seed]) {
    const cells = [
      what,
      seconds.toFixed(1),
      `${((100 * seconds) / plain.seconds).toFixed(0)} %`,
      `${(peakMemory / 1e9).toFixed(2)} GB`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(
    `\nwith the states kept: ${(100 * share).toFixed(1)} % (goal ${(100 * GOAL).toFixed(0)} %; operations say ${(100 * counted).toFixed(0)} %)`,
  );
  console.log(
    `states: ${kept.states.columns} columns, ${(kept.states.bytes / 1e6).toFixed(1)} MB on disk, made in ${kept.states.seconds.toFixed(1)} s`,
  );
  console.log(`adapter bytes with and without them: ${same ? 'the same' : 'NOT the same'}`);
  console.log(`another seed ${paysNothing ? 'found them and computed nothing below the cut' : 'computed them AGAIN'}`);
  const numbers = [all, plain, kept, seed].map(({ adapter: _, ...rest }) => rest);
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ shots, epochs, last, blocks, threads, share, counted, runs: numbers }, null, 2)}\n`,
    );
  if (!same || !paysNothing || !(share <= GOAL || values.quick)) process.exitCode = 1;
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
