// A base model of TinyLlama's shape with random weights, and rows of random tokens for it: what a step costs does not depend on values.
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROTOCOL } from '../dist/index.js';
import { runNative } from '../dist/platform/native-program.js';
import { nativeBench } from './own-trainer.mjs';

/** Block counts, widths and heads as `rectune-native init` takes them. */
export const SHAPES = {
  '135m': { blocks: 30, width: 576, feedForward: 1536, heads: 9, headsKv: 3, headWidth: 64, vocabulary: 49152 },
  '1.1b': { blocks: 22, width: 2048, feedForward: 5632, heads: 32, headsKv: 4, headWidth: 64, vocabulary: 32000 },
  '7b': { blocks: 32, width: 4096, feedForward: 11008, heads: 32, headsKv: 32, headWidth: 128, vocabulary: 32000 },
  tiny: { blocks: 3, width: 64, feedForward: 96, heads: 4, headsKv: 2, headWidth: 16, vocabulary: 500 }, // to try the scripts
};

const [UNKNOWN, BOS, EOS] = [0, 1, 2];

/** Token i of the vocabulary: one character, so that a text of n of them is n tokens to anyone. */
const character = (token) => String.fromCodePoint(0x20000 + token);

/** The config of `rectune-native init` for a shape: all weights random, in f32. */
export function initConfig(name, output) {
  const { vocabulary, ...shape } = SHAPES[name];
  const special = ['<unk>', '<s>', '</s>'];
  const tokens = Array.from({ length: vocabulary }, (_, i) => ({
    text: special[i] ?? character(i),
    score: 0,
    kind: i === UNKNOWN ? 'unknown' : i < special.length ? 'control' : 'normal',
  }));
  const fixed = { contextLength: 2048, ropeBase: 10000, rmsEpsilon: 1e-5, bos: BOS, eos: EOS };
  return { protocol: PROTOCOL, output, architecture: 'llama', seed: 1, ...shape, ...fixed, tokens };
}

/** Makes the model in `folder` unless it is there; returns its path. type: what ggml calls the stored type, e.g. q8_0 */
export async function syntheticModel(name, type, folder) {
  const path = join(folder, `synthetic-${name}-${type}.gguf`);
  if (existsSync(path)) return path;
  const whole = join(folder, `synthetic-${name}-f32.gguf`);
  for await (const _ of runNative('init', initConfig(name, whole)));
  if (type === 'f32') return whole;
  execFileSync(nativeBench('bench-quantise'), [whole, `${path}.part`, type], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(`${path}.part`, path);
  rmSync(whole);
  return path;
}

/** `count` rows of `length` random tokens each, loss on the last two: as instruction lines for us, as tokens for the peers. */
export function syntheticRows(name, count, length, folder) {
  let state = 1;
  const random = (below) => {
    state = (state * 48271) % 0x7fffffff; // Park and Miller 1988
    return state % below;
  };
  const rows = Array.from({ length: count }, () => {
    const inner = Array.from({ length: length - 2 }, () => 3 + random(SHAPES[name].vocabulary - 3));
    return { tokens: [BOS, ...inner, EOS], answerStart: length - 2 };
  });
  const text = (tokens) => tokens.map(character).join('');
  const lines = rows.map(({ tokens }, row) => ({
    row,
    user: '1',
    item: '1',
    label: null,
    prompt: text(tokens.slice(1, -2)),
    answer: text(tokens.slice(-2, -1)),
    values: [],
    history: [],
  }));
  const write = (file, values) => {
    const path = join(folder, file);
    writeFileSync(path, `${values.map((value) => JSON.stringify(value)).join('\n')}\n`);
    return path;
  };
  return { instructions: write('rows.jsonl', lines), tokens: write('tokens.jsonl', rows), rows };
}
