import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { PROTOCOL } from '../../src/core/run-config.js';
import { temporaryFolder } from '../store/fixtures.js';

/** Events that any attempt may say, as native/ says them. */
export const START = {
  event: 'start',
  protocol: PROTOCOL,
  verb: 'train',
  program: '0.0.0',
  ggml: '0',
  kernel: 'none',
  threads: 1,
};
export const DONE = { event: 'done', verb: 'train', output: null, seconds: 1, peakMemory: 1 };

/** What a script may use. `say` waits until the line is out, as native/ flushes each. */
const PRELUDE = `
const fs = require('node:fs');
const path = require('node:path');
const [, , verb, flag, configPath] = process.argv;
const config = JSON.parse(fs.readFileSync(configPath, 'utf8'));
let run; // of a series
const say = (event) => fs.writeSync(1, JSON.stringify(run === undefined ? event : { run, ...event }) + '\\n');
const words = (text) => fs.writeSync(2, text + '\\n');
const spoken = () => (run === undefined ? verb : 'train');
const start = (more = {}) => say({ ...${JSON.stringify(START)}, verb: spoken(), ...more });
const done = (output = null) => say({ ...${JSON.stringify(DONE)}, verb: spoken(), output });
const step = (number, steps, loss = 1) => say({ event: 'step', step: number, steps, epoch: 1, loss, learningRate: 0.1,
  gradientNorm: 1, tokens: 10, columns: 10, lossTokens: 1, seconds: number });
if (verb === 'inspect') { // all rows are well
  start();
  say({ event: 'vocabulary', rows: 0, limit: 1024, begin: null, end: [2, '</s>'] });
  done();
  process.exit(0);
}
fs.appendFileSync(__filename + '.calls', JSON.stringify({ verb, flag, configPath, config }) + '\\n');
`;

/** One call that the fake program got. */
export interface Call {
  verb: string;
  flag: string;
  configPath: string;
  config: Record<string, unknown>;
}

/** Puts a small Node program in the place of rectune-native until the test ends; returns what it was called with. */
export function fakeNative(body: string): () => Call[] {
  const path = join(temporaryFolder(), 'rectune-native');
  writeFileSync(path, `#!${process.execPath}\n${PRELUDE}\n${body}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('RECTUNE_NATIVE', path);
  return () => {
    const calls = `${path}.calls`;
    if (!existsSync(calls)) return [];
    return readFileSync(calls, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
}

/** Trains in three steps with a checkpoint at each, and writes an adapter that depends on the config. */
export const TRAINS = `
const checkpoints = path.join(config.runDirectory, 'checkpoints');
fs.mkdirSync(checkpoints, { recursive: true });
start();
let first = 1;
if (config.resume) {
  first = Number(fs.readFileSync(path.join(checkpoints, 'newest'), 'utf8')) + 1;
  say({ event: 'resumed', step: first - 1, checkpoint: 'newest' });
}
for (let number = first; number <= 3; number++) {
  step(number, 3);
  fs.writeFileSync(path.join(checkpoints, 'newest'), String(number));
  say({ event: 'checkpoint', step: number, path: 'newest' });
}
const adapter = path.join(config.runDirectory, 'adapter.gguf');
fs.writeFileSync(adapter, 'GGUF, adapter of seed ' + config.seed);
done(adapter);
`;

/** Scores each row: the base model gives the row's number, an adapter ten more. */
export const SCORES = `
const rows = fs.readFileSync(config.data, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
start();
const chosen = config.precision === 'auto' ? 'f32' : config.precision;
say({ event: 'precision', asked: config.precision, chosen, difference: chosen === 'f32' ? null : 0.01, tolerance: chosen === 'f32' ? null : 0.05 });
say({ event: 'data', rows: rows.length, tokens: 10, columns: 10, lossTokens: 0, longest: 5, truncatedRows: 0 });
for (const { row } of rows.reverse()) if (!config.skip.includes(row)) say({ event: 'score', row, logOdds: row + (config.adapter ? 10 : 0), labelMass: 0.5 });
done();
`;

/** Fits: a row's candidates score its number, less their places. */
export const FITS = `
const lines = fs.readFileSync(config.rows, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
start();
say({ event: 'fitted', epochs: 1, bestEpoch: 1, value: 0.5 + (config.settings.learningRate ?? 0), stoppedEarly: false, seconds: 1 });
for (const { row, candidates } of lines) say({ event: 'scores', row, scores: candidates.map((_, place) => row - place) });
done();
`;

/** What a script makes of the verb `series`: each run as the script would train it alone; one that sets an exit code is the last. */
export function inSeries(body: string): string {
  return `
const train = (config) => { ${body} };
if (verb !== 'series') train(config);
else {
  start();
  for (run = 0; run < config.runs.length && !process.exitCode; run++) train(config.runs[run]);
  run = undefined;
  if (!process.exitCode) done();
}`;
}
