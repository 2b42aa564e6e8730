import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { SPLITS } from '../../src/core/instruction.js';
import { packageRoot } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore } from '../../src/store/store.js';
import { invoke } from '../cli/invoke.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative, SCORES, TRAINS } from '../trainers/fake-native.js';
import { FakeHub, once, sha256 } from './fake-hub.js';

const TOKEN = 'hf_aVerySecretToken';
const REPO = 'datasets/maker/tiny-rows';

let hub: FakeHub;
let studio: string;
let other: string;

beforeEach(async () => {
  hub = await FakeHub.start();
  hub.token = TOKEN;
  studio = join(temporaryFolder(), 'first');
  other = join(temporaryFolder(), 'other');
});
afterEach(() => vi.unstubAllEnvs());

const rectune = (at: string, ...argv: string[]) =>
  invoke([...argv, '--studio', at], {
    environment: { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN, HF_HUB_CACHE: join(at, 'hub') },
  });

/** The same log under another name and terms: nothing that the project may give away. */
function foreignLog(): string {
  const folder = temporaryFolder();
  const log = readFileSync(join(packageRoot(), 'datasets/tiny/interactions.csv'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(folder, 'interactions.csv'), `${log.slice(0, 1500).join('\n')}\n`);
  writeFileSync(join(folder, 'items.csv'), readFileSync(join(packageRoot(), 'datasets/tiny/items.csv')));
  const spec = readFileSync(join(packageRoot(), 'datasets/tiny/source.yaml'), 'utf8');
  const mine = spec.replace(/terms: .*/, 'terms: For our own eyes.').replace(/^ {2}sha256: .*\n/gm, '');
  writeFileSync(join(folder, 'source.yaml'), mine);
  return folder;
}

let pattern: string; // a studio with the version "tiny" of the project's own log
let tinyHash: string;

beforeAll(async () => {
  pattern = mkdtempSync(join(tmpdir(), 'rectune-'));
  tinyHash = await buildIn(pattern, join(packageRoot(), 'datasets/tiny'));
});
afterAll(() => rmSync(pattern, { recursive: true }));

/** A copy of the pattern becomes the first studio; returns the hash of its version. */
async function built(): Promise<string> {
  cpSync(pattern, studio, { recursive: true });
  return tinyHash;
}

async function buildIn(studio: string, log: string): Promise<string> {
  const rectune = (...argv: string[]) => invoke([...argv, '--studio', studio]);
  expect(await rectune('import', log)).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await rectune('build', 'tiny', '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).hash;
}

const push = (...flags: string[]) => rectune(studio, 'push', 'dataset', 'tiny', 'maker/tiny-rows', ...flags);
const pull = (...flags: string[]) => rectune(other, 'pull', 'dataset', 'maker/tiny-rows', ...flags);

describe('a dataset version', () => {
  it('goes to another studio through a hub: same hash, same bytes, same rows in the store', async () => {
    const hash = await built();
    expect(await push()).toMatchObject({ code: 0 });
    expect(hub.repos.get(REPO)).toMatchObject({ private: true, messages: [`tiny ${hash.slice(0, 12)}`] });
    const { code, stdout, stderr } = await pull('--json');
    expect(stderr).toContain('verified');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hash, unchanged: false });
    for (const split of SPLITS) {
      const [sent, came] = [studio, other].map((at) => readFileSync(studioLayout.instructions(at, hash, split)));
      expect(came?.equals(sent as Buffer)).toBe(true);
    }
    const stores = [studio, other].map((at) => openStore(studioLayout.store(at)));
    const [sent, came] = stores.map((store) => SPLITS.map((split) => [...store.versions.instructions(hash, split)]));
    expect(sent?.flat().length).toBeGreaterThan(1000);
    expect(came).toEqual(sent);
    expect(stores[1]?.versions.find('tiny')).toEqual(stores[0]?.versions.find('tiny'));
    for (const store of stores) store.close();
    expect((await rectune(other, 'list', 'versions')).stdout).toContain(`tiny     ${hash.slice(0, 12)}  tiny`);
    expect(JSON.parse((await pull('--json')).stdout)).toMatchObject({ hash, unchanged: true });
    expect(readdirSync(join(studio, 'outgoing'))).toEqual([]);
  });

  it('goes with a card that says what is in it, and a recipe that builds it again', async () => {
    const hash = await built();
    await push('--message', 'first rows');
    expect(hub.repos.get(REPO)?.messages).toEqual(['first rows']);
    const card = hub.file(REPO, 'README.md')?.toString() ?? '';
    const [, front = ''] = card.split('---\n');
    expect(parse(front)).toMatchObject({
      pretty_name: 'tiny',
      configs: [{ data_files: [{ path: 'train.jsonl' }, { split: 'validation' }, { split: 'test' }] }],
    });
    const manifest = JSON.parse(hub.file(REPO, 'manifest.json')?.toString() ?? '');
    expect(manifest.hash).toBe(hash);
    for (const words of [
      hash,
      manifest.split.leaks,
      manifest.sourceHash,
      ...SPLITS.flatMap((split) => [manifest.files[split], `| ${split} | ${manifest.counts[split]} |`]),
      ...manifest.templates.map(({ id }: { id: string }) => `\`${id}\``),
      'Invented by this project; free to use under its license.',
      'rectune pull dataset maker/tiny-rows',
    ]) {
      expect(card).toContain(words);
    }
    const recipe = join(temporaryFolder(), 'recipe.yaml');
    writeFileSync(recipe, hub.file(REPO, 'recipe.yaml') ?? '');
    expect(JSON.parse((await rectune(studio, 'build', recipe, '--json')).stdout)).toMatchObject({
      hash,
      unchanged: true,
    });
    for (const path of hub.paths(REPO)) expect(hub.file(REPO, path)?.includes(studio)).toBe(false);
  });

  it('is not passed on unless somebody says that the terms allow it, and they go with it', async () => {
    await buildIn(studio, foreignLog());
    const refused = await push();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('For our own eyes.');
    expect(refused.stderr).toContain('--i-may-redistribute');
    expect(hub.seen).toEqual([]);
    expect((await push('--i-may-redistribute')).code).toBe(0);
    // From the other studio, which never saw the log, too.
    expect((await pull()).code).toBe(0);
    const further = ['push', 'dataset', 'tiny', 'maker/again'];
    const again = await rectune(other, ...further);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('For our own eyes.');
    expect((await rectune(other, ...further, '--i-may-redistribute')).code).toBe(0);
    expect(hub.file('datasets/maker/again', 'README.md')?.toString()).toContain('For our own eyes.');
    for (const path of ['manifest.json', 'rectune.json', 'train.jsonl', 'details/test.jsonl']) {
      expect(hub.file('datasets/maker/again', path)?.equals(hub.file(REPO, path) as Buffer)).toBe(true);
    }
  });

  it('goes into a public repository when that is asked for, and never by accident', async () => {
    await built();
    expect((await push('--public')).code).toBe(0);
    expect(hub.repos.get(REPO)?.private).toBe(false);
    const before = hub.repos.get(REPO)?.messages.length;
    const again = await push();
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('the repository is there and public');
    expect(hub.repos.get(REPO)?.messages.length).toBe(before);
  });

  it('goes to a branch, and comes from it', async () => {
    const hash = await built();
    expect((await push('--revision', 'v1')).code).toBe(0);
    expect(hub.paths(REPO)).toEqual(['.gitattributes']);
    expect((await pull()).stderr).toContain('there is no file "rectune.json"');
    expect(JSON.parse((await pull('--revision', 'v1', '--json')).stdout).hash).toBe(hash);
  });

  it('goes on where a push was cut: what the hub has is not sent again', async () => {
    await built();
    hub.faults.push(({ path }) => (path.includes('/commit/') ? { status: 500, error: 'out of order' } : undefined));
    const failed = await push();
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain('the hub answers with 500: out of order');
    const puts = () => hub.seen.filter(({ method }) => method === 'PUT').length;
    const sent = puts();
    expect(sent).toBeGreaterThan(3);
    hub.faults.pop();
    hub.faults.push(once(({ path }) => path.endsWith('/objects/batch'), { status: 503 }));
    expect((await push()).code).toBe(0);
    expect(puts()).toBe(sent);
  });

  it('is sent again where the hub stumbles over one file', async () => {
    await built();
    hub.faults.push(once(({ method }) => method === 'PUT', { status: 500 }));
    expect((await push()).code).toBe(0);
    expect((await pull()).code).toBe(0);
  });

  it.each([
    {
      file: 'train.jsonl',
      change: (text: string) => text.replace('"label":true', '"label":false'),
      told: /its sha256 is/,
    },
    {
      file: 'details/test.jsonl',
      change: (text: string) => text.replace('"target":', '"target":1'),
      told: /its sha256 is/,
    },
    {
      file: 'manifest.json',
      change: (text: string) => text.replace('"threshold": 3', '"threshold": 4'),
      told: /its sha256 is/,
    },
    { file: 'rectune.json', change: (text: string) => text.replace('"kind"', '"kinds"'), told: /unknown key "kinds"/ },
  ])('is refused when $file was changed on the hub', async ({ file, change, told }) => {
    await built();
    await push();
    const before = hub.file(REPO, file)?.toString() ?? '';
    expect(change(before)).not.toBe(before);
    hub.commit(REPO, { [file]: change(before) });
    const { code, stderr } = await pull();
    expect(code).toBe(3);
    expect(stderr).toMatch(told);
    expect(stderr).toContain(`commit ${hub.repos.get(REPO)?.branches.get('main')}: ${file}`);
    expect(existsSync(join(other, 'versions'))).toBe(false);
    expect(openedVersions()).toBe(0);
  });

  // Whoever changes the rows can change the hashes beside them, too; the version's hash is what nobody can.
  it.each([
    {
      case: 'a recipe',
      file: 'manifest.json',
      change: (text: string) => text.replace('"threshold": 3', '"threshold": 4'),
      told: 'recipe, source, templates and files give the hash',
    },
    {
      case: 'a count',
      file: 'manifest.json',
      change: (text: string) => text.replace(/("counts": \{\s+"train": )\d+/, '$17'),
      told: 'rows, and the manifest says 7',
    },
    {
      case: 'a row',
      file: 'train.jsonl',
      change: (text: string) => text.replace('"label":true', '"label":false'),
      told: 'it gives train.jsonl the sha256',
    },
    {
      case: 'rows beside',
      file: 'details/valid.jsonl',
      change: (text: string) => `${text.trimEnd().split('\n').slice(1).join('\n')}\n`,
      told: 'row 1 stands where row 0 belongs',
    },
    {
      case: 'a last row beside',
      file: 'details/valid.jsonl',
      change: (text: string) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      told: 'it ends before row',
    },
    {
      case: 'a template',
      file: 'details/valid.jsonl',
      change: (text: string) => text.replace('"templateId":"tallrec/tiny"', '"templateId":"other"'),
      told: 'which the manifest does not name',
    },
  ])('is refused when $case was changed and the hashes beside it with it', async ({ file, change, told }) => {
    await built();
    await push();
    const before = hub.file(REPO, file)?.toString() ?? '';
    const changed = change(before);
    expect(changed).not.toBe(before);
    const described = (hub.file(REPO, 'rectune.json')?.toString() ?? '').replace(
      sha256(Buffer.from(before)),
      sha256(Buffer.from(changed)),
    );
    hub.commit(REPO, { [file]: changed, 'rectune.json': described });
    const { code, stderr } = await pull();
    expect(code).toBe(3);
    expect(stderr).toContain('the dataset does not verify');
    expect(stderr).toMatch(told);
    expect(openedVersions()).toBe(0);
  });

  it('goes with what a step of curation removed, and with rows that have answers of their own', async () => {
    await built();
    const curated = await rectune(studio, 'curate', 'tiny', '--step', 'sample: {fraction: 0.5}', '--json');
    const recipe = readFileSync(join(packageRoot(), 'recipes', 'tiny.yaml'), 'utf8')
      .replace(/^name: .*/m, 'name: mixed')
      .replace(/^template: .*/m, 'mix: [{ template: tallrec/tiny }, { family: pick }]\ncandidates: { negatives: 3 }');
    writeFileSync(join(studio, 'mixed.yaml'), recipe);
    const mixed = await rectune(studio, 'build', join(studio, 'mixed.yaml'), '--json');
    for (const [{ code, stdout, stderr }, repo] of [
      [curated, 'maker/curated'],
      [mixed, 'maker/mixed'],
    ] as const) {
      if (code !== 0) throw new Error(stderr);
      const { hash } = JSON.parse(stdout);
      expect((await rectune(studio, 'push', 'dataset', hash, repo)).code).toBe(0);
      const pulled = await rectune(other, 'pull', 'dataset', repo, '--json');
      expect(JSON.parse(pulled.stdout)).toMatchObject({ hash, unchanged: false });
      const [sent, came] = [studio, other].map((at) => {
        const store = openStore(studioLayout.store(at));
        const rows = SPLITS.flatMap((split) => [...store.versions.instructions(hash, split)]);
        store.close();
        return rows;
      });
      expect(came).toEqual(sent);
    }
    const card = hub.file('datasets/maker/curated', 'README.md')?.toString() ?? '';
    expect(card).toContain(`Made from the version \`${tinyHash}\``);
    expect(card).toMatch(/\| 1 \| `\{"kind":"sample".*\| \d+ \/ 0 \/ 0 \|/);
  });

  it('stops at a signal with code 130, and the same command goes on', async () => {
    await built();
    const controller = new AbortController();
    hub.faults.push(({ path }) => {
      if (path.includes('/commit/')) controller.abort();
      return undefined;
    });
    const environment = { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };
    const argv = ['push', 'dataset', 'tiny', 'maker/tiny-rows', '--studio', studio];
    const { code } = await invoke(argv, { environment, stoppable: (task) => task(controller.signal) });
    expect(code).toBe(130);
    expect(readdirSync(join(studio, 'outgoing'))).toEqual([]);
    hub.faults.pop();
    expect((await push()).code).toBe(0);
    expect((await pull()).code).toBe(0);
  });

  it('is not pushed when its sealed files were changed', async () => {
    const hash = await built();
    writeFileSync(studioLayout.instructions(studio, hash, 'test'), '{}\n');
    const { code, stderr } = await push();
    expect(code).toBe(3);
    expect(stderr).toContain('a sealed file was changed or removed');
    expect(hub.seen).toEqual([]);
  });

  it('needs a token, which stands nowhere in what is written', async () => {
    await built();
    const environment = { HF_ENDPOINT: hub.url };
    const without = await invoke(['push', 'dataset', 'tiny', 'maker/x', '--studio', studio], { environment });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('a push needs a token');
    hub.token = 'hf_another';
    const refused = await push();
    expect(refused.code).toBe(2);
    hub.token = TOKEN;
    const done = await push();
    expect(done.code).toBe(0);
    for (const { stdout, stderr } of [refused, done]) expect(stdout + stderr).not.toContain(TOKEN);
    for (const path of hub.paths(REPO)) expect(hub.file(REPO, path)?.includes(TOKEN)).toBe(false);
    const files = readdirSync(studio, { recursive: true, encoding: 'utf8' }).map((name) => join(studio, name));
    for (const path of files.filter((name) => statSync(name).isFile())) {
      expect(readFileSync(path).includes(TOKEN), path).toBe(false);
    }
  });

  function openedVersions(): number {
    const store = openStore(studioLayout.store(other));
    const count = store.versions.count();
    store.close();
    return count;
  }
});

describe('an adapter', () => {
  async function trained(): Promise<string> {
    fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${SCORES} }`);
    await built();
    mkdirSync(join(studio, 'models'));
    const model = join(studio, 'models', 'base.gguf');
    writeFileSync(model, 'a model');
    const argv = ['train', 'tiny', '--model', model, '--eval-every', '0', '--rank', '4', '--alpha', '8'];
    const { code, stderr } = await rectune(studio, ...argv, '--targets', 'attn_q', '--layers', 'all');
    if (code !== 0) throw new Error(stderr);
    const store = openStore(studioLayout.store(studio));
    const id = store.runs.list()[0]?.id ?? '';
    store.close();
    return id;
  }

  it('goes to another place with settings, hashes and figures with their intervals, verified', async () => {
    const run = await trained();
    for (const split of ['valid', 'test']) await rectune(studio, 'predict', run, '--split', split);
    expect(await rectune(studio, 'report', run, '--resamples', '100')).toMatchObject({ code: 0 });
    expect(await rectune(studio, 'push', 'adapter', run, 'maker/adapter')).toMatchObject({ code: 0 });
    expect(hub.paths('models/maker/adapter')).toEqual(['.gitattributes', 'README.md', 'adapter.gguf', 'rectune.json']);
    const card = hub.file('models/maker/adapter', 'README.md')?.toString() ?? '';
    expect(card).toContain(sha256(Buffer.from('a model')));
    expect(card).toMatch(/\| adapter \| \d\.\d{4} \[\d\.\d{4}, \d\.\d{4}\]/);
    expect(card).toContain('Invented by this project');
    const { code, stdout, stderr } = await rectune(other, 'pull', 'adapter', 'maker/adapter', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('it fits the base model base.gguf');
    const pulled = JSON.parse(stdout);
    expect(pulled.adapter).toMatchObject({
      run,
      data: { name: 'tiny' },
      settings: { rank: 4, alpha: 8, targets: ['attn_q'] },
    });
    const sent = readFileSync(studioLayout.adapter(studio, run));
    expect(readFileSync(pulled.path).equals(sent)).toBe(true);
    for (const path of hub.paths('models/maker/adapter')) {
      expect(hub.file('models/maker/adapter', path)?.includes(studio)).toBe(false);
    }
  });

  it('claims nothing without a report, and is refused when it is another than its settings tell of', async () => {
    const run = await trained();
    await rectune(studio, 'push', 'adapter', run, 'maker/adapter', '--public');
    expect(hub.file('models/maker/adapter', 'README.md')?.toString()).toContain('No report was made');
    hub.commit('models/maker/adapter', { 'adapter.gguf': 'another' });
    const { code, stdout, stderr } = await rectune(other, 'pull', 'adapter', 'maker/adapter');
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('the adapter does not verify');
  });
});
