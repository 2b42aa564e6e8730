// How many interactions a second the store takes and gives back by columns, in SQLite and in a file beside it, and in what memory.
//   npm run build && node bench/log-columns.mjs [--rows 2000000,100000000] [--quick] [--folder DIR]
// Interactions are invented: a user for each ten, 50,000 items, ratings in halves, times over twenty years. Users and items are counted apart.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LEAST = 2e6; // rows a second of one core
const MOST_MEMORY = 1.5; // GB, to take a log of any size
const BATCH = 65_536;
const ITEMS = 50_000;
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000,100000000' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
    child: { type: 'string' },
  },
});

const seconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
const gigabytes = () => process.resourceUsage().maxRSS / 1e6;

async function store(folder) {
  const { openStore } = await import('../dist/store/store.js');
  return openStore(join(folder, 'store.db'));
}

/** Takes a log of so many rows; tells the processor time of users and items, and of the rows. */
async function take(folder, rows) {
  const { Random } = await import('../dist/core/random.js');
  const random = new Random(1, 'bench');
  const users = Math.ceil(rows / 10);
  const batch = {
    size: BATCH,
    users: Uint32Array.from({ length: BATCH }, () => random.integer(users)),
    items: Uint32Array.from({ length: BATCH }, () => random.integer(ITEMS)),
    ratings: Float64Array.from({ length: BATCH }, () => (1 + random.integer(9)) / 2),
    timestamps: Float64Array.from({ length: BATCH }, () => 8e8 + random.integer(7e8)),
    lines: new Uint32Array(BATCH),
    attributes: undefined,
  };
  const opened = await store(folder);
  const told = {};
  const begun = process.cpuUsage();
  opened.sources.write('log', (writer) => {
    for (let i = 0; i < users; i++) writer.user({ userId: `user ${i}`, attributes: {} });
    for (let i = 0; i < ITEMS; i++) writer.item({ itemId: `item ${i}`, title: `Title ${i}`, attributes: {} });
    told.named = seconds(begun);
    for (let done = 0; done < rows; done += BATCH) {
      const size = Math.min(BATCH, rows - done);
      for (let i = 0; i < size; i++) batch.lines[i] = done + i + 1;
      writer.columns({ ...batch, size });
    }
    return {
      id: 'log',
      title: 'Invented',
      terms: 'free',
      homepage: null,
      hash: 'a'.repeat(64),
      importedAt: '2026-01-02T03:04:05.000Z',
      path: folder,
      files: [],
      counts: { interactions: rows, items: ITEMS, users, rejects: 0 },
      warnings: [],
    };
  });
  opened.close();
  return { ...told, rows: seconds(begun) - told.named, memory: gigabytes() };
}

async function give(folder) {
  const opened = await store(folder);
  const begun = process.cpuUsage();
  let rows = 0;
  for (const { size } of opened.sources.columns('log')) rows += size;
  const told = { columns: seconds(begun), memory: gigabytes(), rows };
  opened.close();
  return told;
}

/** As a build reads it. */
async function table(folder) {
  const { readTable } = await import('../dist/builders/read-log.js');
  const opened = await store(folder);
  const begun = process.cpuUsage();
  const { size } = readTable(opened, 'log');
  const told = { table: seconds(begun), memory: gigabytes(), rows: size };
  opened.close();
  return told;
}

if (values.child) {
  const [what, folder, rows] = JSON.parse(values.child);
  const told = await { take, give, table }[what](folder, rows);
  console.log(JSON.stringify(told));
  process.exit(0);
}

/** In a process of its own, for its memory. */
function inChild(...what) {
  const script = fileURLToPath(import.meta.url);
  const options = ['--max-old-space-size=8000', script, '--child', JSON.stringify(what)];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const bytesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);

let holds = true;
const sizes = values.quick ? [200_000] : values.rows.split(',').map(Number);
for (const rows of sizes) {
  const folder = mkdtempSync(join(values.folder, 'rectune-bench-'));
  try {
    const taken = inChild('take', folder, rows);
    const [given, read] = [inChild('give', folder), inChild('table', folder)];
    const million = (time) => `${(rows / time / 1e6).toFixed(1)} M/s`;
    const per = (bytes) => `${(bytes / rows).toFixed(1)} bytes a row`;
    console.log(`${rows} rows, in seconds of processor time:`);
    console.log(
      `  users and items ${taken.named.toFixed(1)}, rows ${taken.rows.toFixed(1)} (${million(taken.rows)}), ${taken.memory.toFixed(2)} GB`,
    );
    console.log(`  on disk ${per(bytesIn(folder))}, users and items among them`);
    console.log(`  read by columns ${million(given.columns)}, ${given.memory.toFixed(2)} GB`);
    console.log(`  as a table of a build ${million(read.table)}, ${read.memory.toFixed(2)} GB`);
    holds &&= given.rows === rows && read.rows === rows && taken.memory <= MOST_MEMORY;
    holds &&= values.quick || rows / taken.rows >= LEAST;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
console.log(holds ? 'holds' : `does not hold: ${LEAST} rows/s, at most ${MOST_MEMORY} GB`);
process.exit(holds ? 0 : 1);
