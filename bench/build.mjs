// How many instructions a second a build makes of a log of a million interactions, and what memory it takes at two sizes.
//   npm run build && node bench/build.mjs [--interactions 1000000] [--quick] [--python PYTHON]
// With --python the published preprocessing, as bench/peers/tallrec_windows.py has it, reads the same log: it writes texts and labels alone,
// without ranges, hashes, store, lineage or proof.
// The log is invented: users of 167 interactions, as MovieLens 1M has on average. Every TALLRec window becomes a stored instruction.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const GOAL = 100_000; // instructions a second of one core
const PER_USER = 167;
const { values } = parseArgs({
  options: {
    interactions: { type: 'string', default: '1000000' },
    quick: { type: 'boolean', default: false },
    child: { type: 'string' },
    python: { type: 'string' },
  },
});

/** What the child process does: one build, and what it took. */
async function buildOnce(folder) {
  const { buildVersion, importLog, loadRecipe, openStore } = await import('../dist/index.js');
  const store = openStore(join(folder, 'store.db'));
  const now = () => new Date(0);
  await importLog(store, { path: folder, now });
  const before = { time: performance.now(), cpu: process.cpuUsage() };
  const version = await buildVersion(store, loadRecipe(join(folder, 'recipe.yaml')), {
    studio: folder,
    now,
    program: 'bench',
  });
  const cpu = process.cpuUsage(before.cpu);
  store.close();
  const { train, valid, test } = version.counts;
  return {
    rows: train + valid + test,
    seconds: (performance.now() - before.time) / 1000,
    processor: (cpu.user + cpu.system) / 1e6,
    peak: process.resourceUsage().maxRSS / 1e6, // GB
  };
}

function invent(folder, interactions) {
  const users = Math.ceil(interactions / PER_USER);
  const lines = ['user,item,rating,timestamp'];
  for (let i = 0; i < interactions; i++) {
    const user = i % users; // the log is in order of time, users take turns
    const item = (i * 7919 + user * 31) % 3700;
    lines.push(`u${user},i${item},${((i * 13 + user) % 5) + 1},${900000000 + i}`);
  }
  const items = Array.from({ length: 3700 }, (_, i) => `i${i},"Invented Movie, The ${i} (${1920 + (i % 80)})"`);
  writeFileSync(join(folder, 'log.csv'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'items.csv'), `item,title\n${items.join('\n')}\n`);
  const source = `id: invented
title: Invented
terms: free
interactions: { file: log.csv, columns: { user: user, item: item, rating: rating, timestamp: timestamp } }
items: { file: items.csv, columns: { item: item, title: title } }
`;
  writeFileSync(join(folder, 'source.yaml'), source);
  const recipe = `name: windows
source: invented
twins: count
label: { kind: rating-above, threshold: 3 }
examples: { kind: sliding-window, order: { kind: time }, history: 10 }
split: { kind: row-order, sizes: { unit: parts, train: 8, valid: 1, test: 1 } }
template: tallrec/movie
wrapper: { kind: alpaca }
`;
  writeFileSync(join(folder, 'recipe.yaml'), recipe);
}

function peerOf(folder) {
  const script = fileURLToPath(new URL('peers/tallrec_windows.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync(values.python, [script, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { ...JSON.parse(stdout), bytes: statSync(join(folder, 'peer.json')).size };
}

function measured(interactions) {
  const folder = mkdtempSync(join(tmpdir(), 'rectune-bench-build-'));
  try {
    mkdirSync(folder, { recursive: true });
    invent(folder, interactions);
    const argv = ['--max-old-space-size=12000', fileURLToPath(import.meta.url), '--child', folder];
    const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const ours = { ...JSON.parse(stdout), bytes: statSync(join(folder, 'store.db')).size };
    return { ours, peer: values.python === undefined ? undefined : peerOf(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.child !== undefined) {
  console.log(JSON.stringify(await buildOnce(values.child)));
} else {
  const whole = values.quick ? 20_000 : Number(values.interactions);
  const columns = [
    'of',
    'interactions',
    'instructions',
    'seconds',
    'processor',
    'instructions/s of a core',
    'peak memory',
    'store',
  ];
  console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`);
  let speed = 0;
  for (const interactions of [whole / 4, whole]) {
    const { ours, peer } = measured(interactions);
    speed = ours.rows / ours.processor;
    for (const [name, one] of [
      ['rectune', ours],
      ['published', peer],
    ]) {
      if (one === undefined) continue;
      const cells = [
        name,
        interactions,
        one.rows,
        one.seconds.toFixed(1),
        one.processor.toFixed(1),
        Math.round(one.rows / one.processor),
        `${one.peak.toFixed(2)} GB`,
        `${(one.bytes / 1e9).toFixed(2)} GB`,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
  if (speed < GOAL) {
    console.error(`${Math.round(speed)} instructions a second; the goal is ${GOAL}`);
    process.exitCode = 1;
  }
}
