// Claim: a curation looks at 50,000 rows a second of a core in each step that reads no texts, the writing of the new version counted in.
//
//   npm run build && node bench/curate-steps.mjs --log ML-100K [--keep FOLDER]
//
// Builds every TALLRec window of MovieLens-100K, 90,000 rows, in a studio of its own and curates it by five steps, three times. Processor time is what is judged. A studio kept by --keep is used again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { curateVersion } from '../dist/builders/curate/curate-version.js';
import { CurationStep } from '../dist/core/curation/steps.js';
import { packageRoot } from '../dist/platform/files.js';
import { studioLayout } from '../dist/platform/studio.js';
import { openStore } from '../dist/store/store.js';
import { median } from './median.mjs';

const LEAST = 50_000; // rows a second
const STEPS = ['dead-items', 'popular-items', 'cold-users', 'short-history', 'contradictory-labels'];
const { values } = parseArgs({ options: { log: { type: 'string' }, keep: { type: 'string' } } });
if (!values.log) throw new Error('give --log ML-100K');
const studio = values.keep ?? mkdtempSync(join(tmpdir(), 'rectune-bench-'));

function build() {
  const recipe = readFileSync(join(packageRoot(), 'recipes/tallrec-movie.yaml'), 'utf8')
    .replace('keepLast: 10000', 'keepLast: 90000')
    .replace('train: 8000, valid: 1000, test: 1000', 'train: 88000, valid: 1000, test: 1000');
  const path = join(studio, 'all-windows.yaml');
  writeFileSync(path, recipe);
  const rectune = (...words) =>
    execFileSync(process.execPath, [join(packageRoot(), 'dist/cli/main.js'), ...words, '--studio', studio, '--json']);
  rectune('import', values.log);
  return JSON.parse(rectune('build', path)).hash;
}

const hash = build();
const store = openStore(studioLayout.store(studio));
const version = store.versions.find(hash);
const steps = STEPS.map((kind) => CurationStep.parse({ kind }));
const rates = [];
for (let turn = 1; turn <= 3; turn++) {
  const begin = process.cpuUsage();
  const made = await curateVersion(store, version, steps, {
    studio,
    now: () => new Date(0),
    program: 'bench',
    name: `curated-${turn}`,
  });
  const { user, system } = process.cpuUsage(begin);
  const rows = version.counts.train;
  rates.push((rows * steps.length) / ((user + system) / 1e6));
  console.log(
    `${rows} rows, ${steps.length} steps, ${made.counts.train} left: ${Math.round(rates.at(-1))} rows/s a step`,
  );
}
store.close();
if (!values.keep) rmSync(studio, { recursive: true, force: true });
process.exitCode = median(rates) < LEAST ? 1 : 0;
