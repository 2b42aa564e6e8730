// The scoring peer: node-llama-cpp as a careful user scores with it. One row after the other, in an order in which rows that begin alike
// follow each other; the KV cache of what a row shares with the one before is kept; only the two labels' logits are asked for.
//
//   node bench/node-llama-scorer.mjs MODEL.gguf INSTRUCTIONS.jsonl LABEL OTHER_LABEL THREADS [exact]
//
// `exact`: no flash attention and a KV cache of f32, for reference. For each line {"begin", "end"} on stdin: those rows of the order are
// scored, and a line tells their log-odds and the seconds. bench/score.mjs drives it.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [modelPath, data, label, otherLabel, threads, exact] = process.argv.slice(2);
const llama = await getLlama({
  gpu: false,
  build: 'never',
  maxThreads: Number(threads),
  logLevel: LlamaLogLevel.error,
});
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });

/** What both answers share, and the token of each after it. */
function tokenized({ row, prompt }) {
  const [yes, no] = [label, otherLabel].map((answer) => model.tokenize(prompt + answer));
  let shared = 0;
  while (yes[shared] === no[shared]) shared += 1;
  const begin = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
  return { row, context: [...begin, ...yes.slice(0, shared)], yes: yes[shared], no: no[shared] };
}

function byTokens({ context: a }, { context: b }) {
  const at = a.findIndex((token, i) => token !== b[i]);
  return at === -1 ? a.length - b.length : a[at] - (b[at] ?? -1);
}

const lines = readFileSync(data, 'utf8').trimEnd().split('\n');
const rows = lines.map((line) => tokenized(JSON.parse(line))).sort(byTokens);
const context = await model.createContext({
  contextSize: Math.max(...rows.map((row) => row.context.length)) + 8,
  batchSize: 512,
  threads: { ideal: Number(threads), min: Number(threads) },
  ...(exact && { flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' }),
});
const sequence = context.getSequence();

async function logOdds({ context: tokens, yes, no }) {
  const last = tokens.length - 1;
  await sequence.adaptStateToTokens(tokens.slice(0, last), false);
  const rest = tokens.slice(sequence.nextTokenIndex, last);
  const asked = [tokens[last], { generateNext: { logits: { filter: { tokens: [yes, no] } } } }];
  const answers = await sequence.controlledEvaluate([...rest, asked]);
  const { logits } = answers.at(-1).next;
  return logits.get(yes) - logits.get(no);
}

console.log(JSON.stringify({ ready: true, rows: rows.length }));
for await (const line of createInterface({ input: process.stdin })) {
  const { begin, end } = JSON.parse(line);
  const chosen = rows.slice(begin, end);
  const scores = [];
  const start = performance.now();
  for (const row of chosen) scores.push({ row: row.row, logOdds: await logOdds(row) });
  const seconds = (performance.now() - start) / 1000;
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  console.log(JSON.stringify({ scores, seconds, peakMemory: Number(peak) * 1024 }));
}
await llama.dispose();
