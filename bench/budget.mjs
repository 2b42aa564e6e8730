// Claim: the tokens of a version whose rows have ten choices are counted, and its loss mask proved, at 10,000 rows a second of one core.
//
//   node bench/budget.mjs --model M.gguf [--rows 20000] [--rounds 3] [--before PROGRAM] [--quick]
//
// Makes rows of a history of ten titles and a list of ten candidates, of which one is the answer, and lets the native program inspect them with one
// thread, as rectune budget and the proof do. --before names an older native program: the two take turns, and must tell the same of every row.
// Judged by processor time, less what it takes to read the rows; a busy machine does not stretch it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PROTOCOL } from '../dist/core/run-config.js';
import { nativeProgram } from '../dist/platform/native-program.js';
import { median } from './median.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rows: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    before: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
if (values.model === undefined) throw new Error('--model M.gguf is missing');
const rows = values.quick ? 2000 : Number(values.rows);
const PER_SECOND = 10_000;

const title = (i) =>
  `${['The Quiet', 'A Last', 'Long', 'Silver'][i % 4]} ${['Film', 'Road', 'Winter'][i % 3]} of Number ${(i * 7919) % 1700} (19${10 + (i % 90)})`;

/** A row as the builder writes it: every title a value, each of the history with its comma a range of its own. */
function line(row) {
  let prompt =
    'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nFrom the candidates, choose the movie this user would watch next.\n\n### Input:\nThe user watched: ';
  const marked = [];
  const history = [];
  const put = (text, ranges) => {
    const begin = Buffer.byteLength(prompt);
    prompt += text;
    marked.push([begin, begin + text.length]);
    ranges?.push([begin, begin + text.length + 2]);
    if (ranges) prompt += ', ';
  };
  for (let i = 0; i < 10; i++) put(title(row * 10 + i), history);
  prompt += '\nCandidates:\n';
  const choices = Array.from({ length: 10 }, (_, i) => title(row * 31 + i * 173 + 5));
  for (const choice of choices) {
    prompt += '- ';
    put(choice);
    prompt += '\n';
  }
  prompt += '\n### Response:\n';
  const answer = choices[row % 10];
  return {
    row,
    user: `u${row % 1000}`,
    item: `i${row}`,
    label: null,
    prompt,
    answer,
    values: marked,
    history,
    choices,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'rectune-budget-'));
const data = join(folder, 'rows.jsonl');
writeFileSync(data, `${Array.from({ length: rows }, (_, row) => JSON.stringify(line(row))).join('\n')}\n`);
const config = (chosen) => ({
  protocol: PROTOCOL,
  model: resolve(values.model),
  data,
  labels: null,
  rows: chosen,
  maxLength: 512,
  pieces: false,
  threads: 1,
});

/** What the program tells, and the processor time it took. */
function inspect(program, chosen) {
  const path = join(folder, 'config.json');
  const out = join(folder, 'events.jsonl');
  writeFileSync(path, JSON.stringify(config(chosen)));
  const run = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT=%U; time "$1" inspect --config "$2" > "$3"', 'bash', program, path, out],
    {
      encoding: 'utf8',
    },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const told = readFileSync(out, 'utf8')
    .split('\n')
    .slice(1)
    .filter((text) => !text.includes('"event":"done"'));
  return { seconds: Number(run.stderr.trim().split('\n').at(-1)), told: told.join('\n') };
}

const programs = [
  ['now', await nativeProgram(console.error)],
  ...(values.before ? [['before', resolve(values.before)]] : []),
];
const taken = { now: [], before: [] };
const told = {};
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, program] of programs) {
    const reading = inspect(program, [0]).seconds;
    const all = inspect(program, null);
    taken[name].push(all.seconds - reading);
    told[name] = all.told;
  }
}
rmSync(folder, { recursive: true });

for (const [name] of programs) {
  const seconds = median(taken[name]);
  console.log(`${name}: ${seconds.toFixed(2)} s for ${rows} rows, ${Math.round(rows / seconds)} rows a second`);
}
let holds = rows / median(taken.now) >= PER_SECOND;
if (values.before) {
  const ratios = taken.now.map((seconds, i) => taken.before[i] / seconds);
  console.log(`before / now: ${median(ratios).toFixed(1)}; the same is told of every row: ${told.now === told.before}`);
  holds &&= told.now === told.before;
}
if (!holds) console.log(`the claim is ${PER_SECOND} rows a second, and the same of every row`);
process.exitCode = holds ? 0 : 1;
