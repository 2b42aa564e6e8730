// Claim: what a schema lets through is JSON that fits when it came to its end. Beside it: how much faster texts come when several are written at once.
//
//   node bench/generate.mjs --log ML-100K --model M.gguf [--prompts N] [--rounds N] [--threads N]
//
// The first users of the log, each with six titles that they rated 4 or 5. The ways of writing take turns; seconds run from when the prompts are
// read to the end, so prompts are computed in them and the loading of the model is not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonGrammar } from '../dist/core/json-grammar.js';
import { readAnswer } from '../dist/core/json-schema.js';
import { GenerateOptions, PROTOCOL } from '../dist/core/run-config.js';
import { defaultThreads } from '../dist/platform/cpu.js';
import { runNative } from '../dist/platform/native-program.js';
import { median } from './median.mjs';

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    model: { type: 'string' },
    prompts: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string' },
  },
});
if (!values.log || !values.model) throw new Error('give --log ML-100K and --model M.gguf');
const threads = Number(values.threads ?? defaultThreads());
const short = { type: 'string', minLength: 10, maxLength: 200 };
const SCHEMA = { type: 'object', properties: { summarization: short, reasoning: short } };

const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-'));
const prompts = join(folder, 'prompts.jsonl');
writeFileSync(prompts, promptLines(values.log, Number(values.prompts)));

/** One line a user, in the order of their numbers. */
function promptLines(log, count) {
  const read = (name) => readFileSync(join(log, name), 'latin1').trim().split('\n');
  const titles = new Map(read('u.item').map((line) => line.split('|').slice(0, 2)));
  const liked = new Map();
  for (const [user, item, rating] of read('u.data').map((line) => line.split('\t'))) {
    if (Number(rating) >= 4) liked.set(Number(user), [...(liked.get(Number(user)) ?? []), titles.get(item)]);
  }
  const users = [...liked.keys()].sort((a, b) => a - b).slice(0, count);
  const lineOf = (user, id) => {
    const prompt = `The user liked: ${liked.get(user).slice(0, 6).join(', ')}. Write one sentence about their taste.`;
    return `${JSON.stringify({ id, system: null, prompt })}\n`;
  };
  return users.map(lineOf).join('');
}

async function write({ grammar, parallel }) {
  const options = GenerateOptions.parse({ maxTokens: 160, parallel, threads });
  const config = {
    protocol: PROTOCOL,
    model: resolve(values.model),
    adapter: null,
    prompts,
    grammar,
    ...options,
    contextLength: null,
    skip: [],
  };
  const texts = [];
  let [begin, seconds] = [0, 0];
  for await (const event of runNative('generate', config)) {
    if (event.event === 'prompts') begin = performance.now();
    if (event.event === 'generated') texts.push(event);
    if (event.event === 'done') seconds = (performance.now() - begin) / 1000;
  }
  return { texts, seconds, rate: texts.reduce((sum, { tokens }) => sum + tokens, 0) / seconds };
}

const ways = [null, jsonGrammar(SCHEMA)].flatMap((grammar) =>
  [1, 8].map((parallel) => ({ grammar, parallel, all: [] })),
);
let broken = 0;
try {
  for (let round = 0; round < Number(values.rounds); round++) for (const way of ways) way.all.push(await write(way));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const { grammar, parallel, all } of ways) {
  const [{ texts }] = all;
  const ended = texts.filter(({ end }) => end === 'stop');
  const fitting =
    grammar === null
      ? ended.filter(({ text }) => text.trim() !== '')
      : ended.filter(({ text }) => readAnswer(SCHEMA, text));
  if (grammar !== null) broken += ended.length - fitting.length;
  const figures = `${median(all.map(({ rate }) => rate)).toFixed(1)} tokens/s, ${median(all.map(({ seconds }) => seconds)).toFixed(1)} s`;
  console.log(
    `${grammar === null ? 'free text ' : 'with schema'}  parallel ${parallel}: ${figures}, usable ${fitting.length} of ${texts.length}`,
  );
  console.log(`  first: ${JSON.stringify(texts.find(({ id }) => id === 0)?.text)}`);
}
for (const half of [ways.slice(0, 2), ways.slice(2)]) {
  const [one, eight] = half.map(({ all }) => median(all.map(({ rate }) => rate)));
  const text = (way) => new Map(way.all[0].texts.map(({ id, text }) => [id, text]));
  const [a, b] = half.map(text);
  const same = [...a].filter(([id, words]) => b.get(id) === words).length;
  console.log(
    `${half[0].grammar === null ? 'free text' : 'with schema'}: 8 at once give ${(eight / one).toFixed(2)} times the tokens/s of one; ${same} of ${a.size} texts are the same`,
  );
}
if (broken > 0) process.exitCode = 1;
