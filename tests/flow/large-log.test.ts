import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listFolder, packageRoot } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { importLog } from '../../src/sources/import-log.js';
import { openStore } from '../../src/store/store.js';
import { invoke } from '../cli/invoke.js';
import { temporaryFolder } from '../store/fixtures.js';

const TINY = join(packageRoot(), 'datasets', 'tiny');

/** A studio with datasets/tiny, of which SQLite keeps at most so many interactions, and what the commands say of it. */
async function saidOf(mostRows: number) {
  const studio = temporaryFolder();
  const store = openStore(studioLayout.store(studio), { mostRows });
  await importLog(store, { path: TINY, now: () => new Date('2026-01-02') });
  store.close();
  const json = async (...argv: string[]) => {
    const { code, stdout, stderr } = await invoke([...argv, '--studio', studio, '--json']);
    if (code !== 0) throw new Error(`rectune ${argv.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const { hash } = await json('build', join(packageRoot(), 'recipes', 'tiny.yaml'));
  const said = {
    hash,
    row: await json('show', 'tiny/test/3'),
    down: await json('lineage', 'tiny/test/3'),
    up: await json('lineage', 'tiny:500'),
    log: await json('stats', 'tiny'),
    fits: await json('fit', 'tiny', '--models', 'pop,ease', '--threads', '1'),
    again: (await json('import', TINY)).unchanged,
  };
  return { said, files: listFolder(studioLayout.logs(studio)) };
}

it('builds, shows, traces and evaluates a log in a file as it does one in SQLite', async () => {
  const [stored, inFile] = [await saidOf(1e9), await saidOf(100)];
  expect([stored.files.length, inFile.files.length]).toEqual([0, 1]);
  expect(stored.said.again).toBe(true);
  expect(inFile.said).toEqual(stored.said);
});
