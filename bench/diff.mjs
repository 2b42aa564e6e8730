// Claim: two versions of a million rows are compared in under 10 s.
//
//   node bench/diff.mjs [--rows 1000000] [--history 10] [--keep FOLDER]
//
// Makes two versions in a studio of its own: of the second, one row in a thousand is gone, one is new and one says something else. Checks that
// the diff counts exactly these, and prints how long it took: processor time, which a busy machine does not stretch, is what is judged. A studio kept by --keep is used again.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diffVersions } from '../dist/builders/diff/diff-versions.js';
import { openStore } from '../dist/store/store.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    history: { type: 'string', default: '10' },
    keep: { type: 'string' },
  },
});
const rows = Number(values.rows);
const history = Number(values.history);
const LIMIT = 10; // seconds for a million rows
const EVERY = 1000;

const TITLES = Array.from(
  { length: 1700 },
  (_, i) => `"The ${['Quiet', 'Last', 'Long', 'Silver'][i % 4]} Film of Number ${i} (19${10 + (i % 90)})"`,
);

/** Row `line` of a log: its user meets the items before it, then the target. */
function instruction(line, row, answer) {
  const shown = Array.from({ length: history }, (_, i) => line + i);
  const titles = shown.map((one) => TITLES[(one * 7919) % TITLES.length]);
  const input = `User Preference: ${titles.slice(0, history / 2).join(', ')}\nUser Unpreference: ${titles.slice(history / 2).join(', ')}\nWhether the user will like the target movie ${TITLES[(line * 31) % TITLES.length]}?`;
  const asked =
    'Given the user\'s preference and unpreference, identify whether the user will like the target movie by answering "Yes." or "No.".';
  return {
    row,
    split: 'train',
    userId: `u${Math.floor(line / 100)}`,
    itemId: `i${(line * 31) % TITLES.length}`,
    label: answer === 'Yes.',
    choices: ['Yes.', 'No.'],
    scored: 'first-token',
    candidates: null,
    templateId: 'tallrec/movie',
    templateVersion: 1,
    instruction: asked,
    input,
    answer,
    prompt: `Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\n${asked}\n\n### Input:\n${input}\n\n### Response:\n`,
    values: [],
    history: [],
    historyLabels: [],
    target: line + history,
    historyInteractions: shown,
  };
}

/** Lines 0 ... rows without the n-th of each thousand; `turned`: whether the answer of another n-th is the other one. */
function* versionRows(gone, turned) {
  let row = 0;
  for (let line = 0; line < rows; line++) {
    if (line % EVERY === gone) continue;
    const liked = (line % 3 === 0) !== (turned && line % EVERY === 2);
    yield instruction(line, row, liked ? 'Yes.' : 'No.');
    row += 1;
  }
}

const count = rows - rows / EVERY;
const version = (digit) => {
  const counts = { train: count, valid: 0, test: 0 };
  return {
    hash: digit.repeat(64),
    name: `made-${digit}`,
    recipe: { name: 'made', seed: digit },
    recipeHash: digit,
    sourceId: 'made',
    sourceHash: 's',
    labels: ['Yes.', 'No.'],
    split: { kind: 'row-order', leaks: 'made' },
    templates: [{ id: 'tallrec/movie', version: 1, hash: 't', task: 'preference', family: 'tallrec' }],
    counts: { ...counts, users: counts, liked: counts },
    files: { train: '1', valid: '2', test: '3' },
    program: 'bench',
  };
};

const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'rectune-diff-'));
const path = join(folder, 'store.db');
const isMade = existsSync(path);
let store = openStore(path);
if (!isMade) {
  const began = performance.now();
  store.versions.save(version('a'), versionRows(0, false), new Date(0));
  store.versions.save(version('b'), versionRows(1, true), new Date(1));
  console.log(`made ${2 * count} rows in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  store.close();
  store = openStore(path);
}
const began = performance.now();
const used = process.cpuUsage();
const diff = diffVersions(store, store.versions.find('made-a'), store.versions.find('made-b'), { limit: 5 });
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(used);
const busy = (user + system) / 1e6;
store.close();
if (values.keep === undefined) rmSync(folder, { recursive: true });

const found = diff.totals;
const expected = { added: rows / EVERY, removed: rows / EVERY, changed: rows / EVERY };
console.log(
  `${count} rows a side: ${JSON.stringify(found)} in ${seconds.toFixed(1)} s, ${busy.toFixed(1)} s of them on the processor`,
);
const isRight = Object.entries(expected).every(([change, number]) => found[change] === number);
if (!isRight) console.log(`expected ${JSON.stringify(expected)}`);
const isFast = busy < LIMIT * Math.max(1, rows / 1_000_000);
console.log(isRight && isFast ? 'claim holds' : 'CLAIM FAILED');
process.exitCode = isRight && isFast ? 0 : 1;
