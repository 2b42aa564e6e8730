// How many rows a second an import takes of one core, and what memory and room, at several sizes of a log.
//   npm run build && node bench/import.mjs [--rows 1000000,20000000,100000000] [--quick] [--python PYTHON] [--folder DIR]
// The log is invented: users of a hundred interactions on average, 50,000 items of which few are met often, in order of time, about 26 bytes a row. The
// Parquet file is made of the CSV file by DuckDB. With --python the readers of pandas and, where it is installed, RecBole take the same file.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const GOALS = { store: 1e6, parquet: 3e6 }; // rows a second of one core, where SQLite keeps the rows and where they lie in a file
const MOST_MEMORY = 1.5; // GB, for any log
const MOST_FOR_RECBOLE = 5e6; // rows: it takes more than half a gigabyte a million
const IN_STORE = 5e6; // rows that SQLite keeps (store/log-keeper.ts)
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000,20000000,100000000' },
    quick: { type: 'boolean', default: false },
    python: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    child: { type: 'string' },
  },
});

/** Writes digits of a whole number; returns where they end. */
function put(bytes, at, number) {
  let end = at + 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  for (let place = end - 1, rest = number; place >= at; place--, rest = Math.floor(rest / 10))
    bytes[place] = 48 + (rest % 10);
  return end;
}

function invent(path, rows) {
  const [comma, newline, point, zero, five] = [44, 10, 46, 48, 53];
  const users = Math.max(10, Math.ceil(rows / 100));
  const items = Math.min(50_000, users);
  const buffer = Buffer.alloc(1 << 20);
  const file = openSync(path, 'w');
  let at = buffer.write('user,item,rating,timestamp\n');
  let state = 1;
  const random = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
  for (let row = 0; row < rows; row++) {
    if (at > buffer.length - 64) {
      writeSync(file, buffer, 0, at);
      at = 0;
    }
    at = put(buffer, at, 1 + random(users));
    buffer[at++] = comma;
    at = put(buffer, at, 1 + Math.floor((random(items) * (1 + random(1000))) / 1001));
    buffer[at++] = comma;
    const half = 1 + random(10);
    at = put(buffer, at, half >> 1);
    buffer[at++] = point;
    buffer[at++] = half % 2 === 0 ? zero : five;
    buffer[at++] = comma;
    at = put(buffer, at, 900_000_000 + row * 5);
    buffer[at++] = newline;
  }
  writeSync(file, buffer, 0, at);
  closeSync(file);
}

function describe(folder, format) {
  const file = format === 'parquet' ? 'log.parquet, format: parquet' : 'log.csv';
  writeFileSync(
    join(folder, `${format}.yaml`),
    `id: invented\ntitle: Invented\nterms: free\ninteractions: { file: ${file}, columns: { user: user, item: item, rating: rating, timestamp: timestamp } }\n`,
  );
}

/** What the child process does: one import into a fresh studio, and what it took. */
async function importOnce(folder, format) {
  const { importLog, openStore } = await import('../dist/index.js');
  const studio = join(folder, 'studio');
  const store = openStore(join(studio, 'store.db'));
  const before = { time: performance.now(), cpu: process.cpuUsage() };
  const source = await importLog(store, { path: folder, spec: join(folder, `${format}.yaml`), now: () => new Date(0) });
  const cpu = process.cpuUsage(before.cpu);
  const seconds = (performance.now() - before.time) / 1000;
  store.close();
  const peak = process.resourceUsage().maxRSS / 1e6; // GB
  return { rows: source.counts.interactions, seconds, processor: (cpu.user + cpu.system) / 1e6, peak };
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1e9;
}

function answerOf(program, argv) {
  const { stdout, stderr, status } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function imported(folder, format) {
  const argv = [fileURLToPath(import.meta.url), '--child', folder, '--rows', format];
  const measured = answerOf(process.execPath, argv);
  const studio = sizeOf(join(folder, 'studio'));
  rmSync(join(folder, 'studio'), { recursive: true });
  return { ...measured, studio };
}

/** CSV to Parquet by DuckDB; tells false where it is not installed. */
async function makeParquet(folder) {
  try {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
    const connection = await instance.connect();
    await connection.run(
      `copy (from read_csv('${join(folder, 'log.csv')}')) to '${join(folder, 'log.parquet')}' (format parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    return true;
  } catch (error) {
    console.error(`no Parquet: ${error.message}`);
    return false;
  }
}

function peers(folder, rows) {
  if (values.python === undefined) return [];
  const script = fileURLToPath(new URL('peers/read_log.py', import.meta.url));
  return (rows > MOST_FOR_RECBOLE ? ['pandas'] : ['pandas', 'recbole']).map((reader) => [
    reader,
    answerOf(values.python, [script, reader, join(folder, 'log.csv')]),
  ]);
}

async function measure(rows, misses) {
  const folder = mkdtempSync(join(values.folder, 'rectune-bench-import-'));
  try {
    mkdirSync(folder, { recursive: true });
    invent(join(folder, 'log.csv'), rows);
    describe(folder, 'csv');
    describe(folder, 'parquet');
    const lines = [['rectune, CSV', imported(folder, 'csv'), statSync(join(folder, 'log.csv')).size]];
    for (const [name, peer] of peers(folder, rows)) {
      if (peer.missing) console.error(`${name}: ${peer.missing}`);
      else lines.push([`${name}, CSV`, peer, statSync(join(folder, 'log.csv')).size]);
    }
    if (await makeParquet(folder)) {
      rmSync(join(folder, 'log.csv'));
      lines.push(['rectune, Parquet', imported(folder, 'parquet'), statSync(join(folder, 'log.parquet')).size]);
    }
    for (const [name, one, bytes] of lines) {
      const speed = one.rows / one.processor;
      const cells = [
        name,
        one.rows,
        `${(bytes / 1e9).toFixed(2)} GB`,
        one.seconds.toFixed(1),
        one.processor.toFixed(1),
        `${(one.rows / one.seconds / 1e6).toFixed(2)} M`,
        `${(speed / 1e6).toFixed(2)} M`,
        `${one.peak.toFixed(2)} GB`,
        one.studio === undefined ? '' : `${one.studio.toFixed(2)} GB`,
      ];
      console.log(`| ${cells.join(' | ')} |`);
      if (!name.startsWith('rectune')) continue;
      const goal = rows <= IN_STORE ? GOALS.store : GOALS.parquet;
      if (one.rows !== rows) misses.push(`${name}: ${one.rows} of ${rows} rows`);
      if (speed < goal)
        misses.push(
          `${name}, ${rows} rows: ${(speed / 1e6).toFixed(2)} M rows/s of a core; the goal is ${goal / 1e6} M`,
        );
      if (one.peak > MOST_MEMORY)
        misses.push(`${name}, ${rows} rows: ${one.peak.toFixed(2)} GB; the goal is ${MOST_MEMORY} GB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.child !== undefined) {
  console.log(JSON.stringify(await importOnce(values.child, values.rows)));
} else {
  console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
  const columns = [
    'reader',
    'rows',
    'file',
    'seconds',
    'processor',
    'rows/s',
    'rows/s of a core',
    'peak memory',
    'studio',
  ];
  console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`);
  const misses = [];
  for (const rows of values.quick ? [200_000] : values.rows.split(',').map(Number)) await measure(rows, misses);
  for (const miss of misses) console.error(`not met: ${miss}`);
  if (misses.length > 0) process.exitCode = 1;
}
