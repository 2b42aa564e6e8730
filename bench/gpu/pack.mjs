// Packs all that the GPU benchmarks need into one folder, for a machine that has a compiler, cmake, ninja, git and nvcc, but no Node and
// no network: llama.cpp's source as the pinned release carries it, native/, configs with the defaults that a user gets, rows.
//
//   node bench/gpu/pack.mjs OUT [--log ML-100K --model M.gguf] [--rows N] [--length N] [--shapes 135m,1.1b,7b]
//
// There: bash OUT/run.sh cuda --model M.gguf --python PYTHON (bench/gpu/README.md). Without --log and --model the TALLRec run is left out.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../dist/platform/files.js';
import { llamaRelease } from '../../dist/platform/llama-release.js';
import { buildMovieRows, spreadRows } from '../movie-rows.mjs';
import { trainConfig } from '../own-trainer.mjs';
import { initConfig, syntheticRows } from '../synthetic.mjs';

const TALLREC = { rows: 256, steps: 8, batchSize: 64 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    rows: { type: 'string', default: '128' },
    length: { type: 'string', default: '512' },
    shapes: { type: 'string', default: '135m,1.1b,7b' },
  },
});
if (!positionals[0]) throw new Error('name the folder to pack into: node bench/gpu/pack.mjs OUT');
const out = resolve(positionals[0]);
const from = (...path) => join(packageRoot(), ...path);
for (const folder of ['native', 'configs', 'rows']) {
  rmSync(join(out, folder), { recursive: true, force: true });
  mkdirSync(join(out, folder), { recursive: true });
}
cpSync(from('native'), join(out, 'native'), { recursive: true });
for (const file of ['run.sh', 'build.sh', 'peft_step.py']) copyFileSync(from('bench/gpu', file), join(out, file));
copyFileSync(from('bench/peers/gguf_lora.py'), join(out, 'gguf_lora.py'));
copyFileSync(llamaRelease().bundle, join(out, 'llama.bundle'));

// Paths in the configs are relative to OUT, where the programs are started.
const write = (path, value) => writeFileSync(join(out, path), `${JSON.stringify(value)}\n`);
for (const shape of values.shapes.split(',')) {
  write(`configs/init-${shape}.json`, initConfig(shape, `work/models/${shape}-f32.gguf`));
  const folder = mkdtempSync(join(tmpdir(), 'rectune-pack-'));
  copyFileSync(
    syntheticRows(shape, Number(values.rows), Number(values.length), folder).tokens,
    join(out, `rows/${shape}.jsonl`),
  );
  rmSync(folder, { recursive: true });
}
if (values.log && values.model) {
  const folder = mkdtempSync(join(tmpdir(), 'rectune-pack-'));
  const { instructions } = spreadRows(await buildMovieRows(values.log, folder), 'train', TALLREC.rows, folder);
  copyFileSync(instructions, join(out, 'rows/tallrec.jsonl'));
  const { steps, batchSize } = TALLREC;
  const options = { steps, batchSize, learningRate: 1e-3, threads: 1 };
  const config = trainConfig({ model: resolve(values.model), data: 'rows/tallrec.jsonl', options, folder });
  const places = {
    model: 'work/models/tallrec.gguf',
    runDirectory: 'work/tallrec',
    cacheDirectory: 'work/hidden-states',
  };
  write('configs/tallrec.json', { ...config, ...places });
  rmSync(folder, { recursive: true });
}
console.log(`${out} is packed: bash run.sh cpu|cuda|vulkan there`);
