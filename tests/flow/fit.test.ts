import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FitResult } from '../../src/core/fit-result.js';
import { listFolder, packageRoot, readJson, remove, writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore } from '../../src/store/store.js';
import { invoke } from '../cli/invoke.js';
import { run, temporaryFolder } from '../store/fixtures.js';

/** A studio with the version "tiny", and its command line. */
async function tinyStudio() {
  const studio = temporaryFolder();
  const rectune = (...argv: string[]) => invoke([...argv, '--studio', studio]);
  const json = async (...argv: string[]) => {
    const { code, stdout, stderr } = await rectune(...argv, '--json');
    if (code !== 0) throw new Error(`rectune ${argv.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  await json('import', join(packageRoot(), 'datasets', 'tiny'));
  const { hash } = await json('build', join(packageRoot(), 'recipes', 'tiny.yaml'));
  return { studio, rectune, json, hash: hash as string };
}

it('fits models of users and items on the rows of a version, once, and keeps what they say of each row', async () => {
  const { studio, json, hash, rectune } = await tinyStudio();
  const command = ['fit', 'tiny', '--models', 'pop,ease,bpr', '--seeds', '2', '--threads', '1'];
  const answer = await json(...command);
  expect(answer.map(({ model }: FitResult) => model)).toEqual(['pop', 'ease', 'bpr']);
  const folder = join(studio, 'fits', hash);
  const files = listFolder(folder).filter((name) => name.endsWith('.json'));
  expect(files).toHaveLength(3);
  expect(listFolder(folder)).toEqual(files); // nothing is left of the work
  for (const name of files) {
    const result = FitResult.parse(readJson(join(folder, name)));
    expect(result).toMatchObject({ kind: 'judgement', metric: 'auc', protocol: 'full', runId: null });
    expect(result.seeds).toHaveLength(result.model === 'bpr' ? 2 : 1);
    expect(result.trials).toHaveLength(result.model === 'pop' ? 1 : 6);
    const values = result.trials.map(({ value }) => value as number);
    expect(result.chosen).toBe(values.indexOf(Math.max(...values)));
    for (const { test, valid } of result.seeds) {
      expect(test.map(({ row }) => row)).toEqual(test.map((_, row) => row)); // each row of test, once, in order
      expect([...test, ...valid].every(({ scores }) => scores.length === 1)).toBe(true);
    }
  }
  const { stdout } = await rectune(...command); // from what is kept
  expect(stdout).toContain('Learned from all of train');
  expect(await json(...command)).toEqual(answer);
  for (const name of files) remove(join(folder, name));
  expect(await json(...command.slice(0, -1), '2')).toEqual(answer); // on two threads, to the bit
});

it('learns from the shots of a run alone, where that is asked for', async () => {
  const { studio, json, hash } = await tinyStudio();
  const store = openStore(studioLayout.store(studio));
  const few = [...store.versions.instructions(hash, 'train', 2)];
  const { config } = run('few', hash);
  store.runs.save(run('few', hash, { config: { ...config, rows: few.map(({ row }) => row) } }));
  store.close();
  const lines = new Set(few.flatMap(({ target, historyInteractions }) => [target, ...historyInteractions]));
  const popularity = async (...argv: string[]): Promise<FitResult> =>
    (await json('fit', 'few', '--models', 'pop', ...argv))[0];
  const shots = await popularity('--protocol', 'shots');
  expect(shots).toMatchObject({ protocol: 'shots', runId: 'few', versionHash: hash, interactions: lines.size });
  const full = await popularity();
  expect(full).toMatchObject({ protocol: 'full', runId: null });
  expect(full.interactions).toBeGreaterThan(lines.size);
});

it('says what cannot be fitted', async () => {
  const { rectune, studio, hash } = await tinyStudio();
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await rectune('fit', ...argv);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused('tiny', '--models', 'ease,svd')).toContain('there is no model "svd"');
  expect(await refused('tiny', '--protocol', 'shots')).toContain(
    '"tiny" is no run, and --protocol shots needs one of few shots',
  );
  expect(await refused('nothing')).toContain('there is no dataset version "nothing"');
  writeSealed(studioLayout.fit(studio, hash, 'other'), 'another file is none of a fit'); // and disturbs nobody
  expect((await rectune('fit', 'tiny', '--models', 'pop')).code).toBe(0);
});
