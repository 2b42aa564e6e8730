import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Random } from '../../src/core/random.js';
import { packageRoot } from '../../src/platform/files.js';
import { importLog } from '../../src/sources/import-log.js';
import { openStore } from '../../src/store/store.js';
import { digestOf } from '../sources/source-digest.js';
import { temporaryFolder } from '../store/fixtures.js';

const ROWS = 60_000;
const KILLS = 5; // of each kind
const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: { file: 'log.csv', columns: { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' } },
};

function rows(from: number, to: number): string {
  const all: string[] = [];
  for (let i = from; i < to; i++)
    all.push(i % 97 === 0 ? 'a row that is none\n' : `u${(i * 7) % 5003},i${(i * 11) % 977},${(i % 5) + 1},${i}\n`);
  return all.join('');
}

/** An import in a process of its own, which says when it begins to read; it is killed so many milliseconds later. Returns how long it took after that. */
async function imports(
  script: string,
  log: string,
  studio: string,
  mostRows: number,
  killedAfter?: number,
): Promise<number> {
  const child = spawn(process.execPath, [script, log, join(studio, 'store.db'), String(mostRows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let began = 0;
  child.stdout.once('data', () => {
    began = performance.now();
    if (killedAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killedAfter);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (killedAfter === undefined) expect(code).toBe(0);
  return performance.now() - began;
}

it.each([
  { kind: 'of another log, kept in SQLite', mostRows: 1_000_000, isGrowth: false },
  { kind: 'of another log, kept in a file', mostRows: 1000, isGrowth: false },
  { kind: 'of a log that has grown, kept in SQLite', mostRows: 1_000_000, isGrowth: true },
  { kind: 'of a log that has grown, kept in a file', mostRows: 1000, isGrowth: true },
])(
  'an import $kind, killed at any moment, leaves the store as it was or as it is after',
  async ({ mostRows, isGrowth }) => {
    const root = temporaryFolder();
    const script = join(root, 'import.mjs');
    const module = (name: string): string => JSON.stringify(join(packageRoot(), 'dist', name));
    writeFileSync(
      script,
      `import { importLog } from ${module('sources/import-log.js')};
    import { openStore } from ${module('store/store.js')};
    const [path, store, mostRows] = process.argv.slice(2);
    const opened = openStore(store, { mostRows: Number(mostRows) });
    const onProgress = () => process.stdout.write('.');
    await importLog(opened, { path, now: () => new Date(), onProgress });
    opened.close();`,
    );
    const head = 'user,item,stars,time\n';
    const old = head + rows(0, isGrowth ? ROWS / 2 : 5000);
    const now = isGrowth ? old + rows(ROWS / 2, ROWS * 1.5) : head + rows(1, ROWS);
    const folderOf = (name: string, log: string): string => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'source.yaml'), stringify(SPEC));
      writeFileSync(join(root, name, 'log.csv'), log);
      return join(root, name);
    };
    const [before, after] = [folderOf('before', old), folderOf('after', now)];
    const digest = (studio: string): string | undefined => {
      const store = openStore(join(studio, 'store.db'), { mostRows });
      try {
        return digestOf(store, 'shop');
      } finally {
        store.close();
      }
    };
    const [template, whole] = [join(root, 'template'), join(root, 'whole')];
    await imports(script, before, template, mostRows);
    const was = digest(template);
    cpSync(template, whole, { recursive: true });
    const time = await imports(script, after, whole, mostRows);
    const is = digest(whole);
    expect(is).not.toBe(was);

    const random = new Random(7, 'kills');
    const left = new Set<string | undefined>();
    for (let kill = 0; kill < KILLS; kill++) {
      const studio = join(root, `studio-${kill}`);
      cpSync(template, studio, { recursive: true });
      await imports(script, after, studio, mostRows, random.uniform() * time * 1.1);
      const now = digest(studio);
      expect([was, is]).toContain(now);
      left.add(now);
      const store = openStore(join(studio, 'store.db'), { mostRows });
      await importLog(store, { path: after, now: () => new Date() });
      store.close();
      expect(digest(studio)).toBe(is);
      const logs = mostRows < ROWS ? readdirSync(join(studio, 'logs')) : [];
      expect(logs).toHaveLength(mostRows < ROWS ? 1 : 0); // what the killed one left is swept
    }
    expect(left).toContain(was); // some were killed in time
  },
  180_000,
);
