// How fast near duplicates are found, and that the ones which were put there are.
//   npm run build && node bench/curate.mjs [--rows 20000] [--quick]
import { parseArgs } from 'node:util';
import { nearDuplicates } from '../dist/builders/curate/near-duplicates.js';
import { CurationStep } from '../dist/core/curation/steps.js';
import { Random } from '../dist/core/random.js';
import { median } from './median.mjs';

const LEAST = 1; // MB/s on one core
const WORDS = 100; // of a text
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '20000' }, quick: { type: 'boolean', default: false } },
});
const count = values.quick ? 2000 : Number(values.rows);

/** Texts of random words; each tenth is an earlier one with a word exchanged. */
function madeTexts() {
  const random = new Random(1, 'bench');
  const word = () => `word${random.integer(20_000)}`;
  const texts = [];
  const twins = new Set();
  for (let i = 0; i < count; i++) {
    if (i % 10 === 9) {
      const words = texts[random.integer(i)].split(' ');
      words[random.integer(WORDS)] = word();
      twins.add(i);
      texts.push(words.join(' '));
    } else texts.push(Array.from({ length: WORDS }, word).join(' '));
  }
  return { texts, twins };
}

const { texts, twins } = madeTexts();
const rows = texts.map((text, row) => ({
  row,
  split: 'train',
  prompt: text,
  values: [[0, text.length]],
  answer: 'Yes.',
}));
const megabytes = texts.reduce((sum, text) => sum + text.length, 0) / 1e6;
const scene = { size: () => rows.length, row: (_split, row) => rows[row] };
let failed = false;
for (const shingles of ['words', 'characters']) {
  const settings = CurationStep.parse({
    kind: 'near-duplicates',
    threshold: 0.75,
    shingles,
    size: shingles === 'words' ? 3 : 5,
  });
  const rates = [];
  let taken = [];
  for (let turn = 0; turn < 3; turn++) {
    const begin = process.cpuUsage();
    const judge = nearDuplicates(settings, scene, 'train');
    taken = rows.filter((row) => judge(row) !== undefined);
    const { user, system } = process.cpuUsage(begin);
    rates.push(megabytes / ((user + system) / 1e6));
  }
  const found = taken.filter(({ row }) => twins.has(row)).length;
  const rate = median(rates);
  console.log(
    `${shingles}: ${megabytes.toFixed(1)} MB, ${count} rows, ${rate.toFixed(2)} MB/s of processor time, ${found} of ${twins.size} twins, ${taken.length - found} others`,
  );
  // A twin of a twin may differ in two words and more.
  if (rate < LEAST || found < 0.95 * twins.size || taken.length > found) failed = true;
}
process.exitCode = failed ? 1 : 0;
