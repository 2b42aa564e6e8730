import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/files.js';
import { Hub } from '../../src/platform/hub.js';
import { CachedRepo } from '../../src/platform/hub-cache.js';
import { pullFiles } from '../../src/sharing/pull-file.js';
import { invoke } from '../cli/invoke.js';
import { temporaryFolder } from '../store/fixtures.js';
import { FakeHub, gitSha1, isContent, once, sha256 } from './fake-hub.js';

const REPO = 'models/maker/small-GGUF';
const MODEL = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255));
const SETTINGS = '{"model_type":"llama"}';
const TOKEN = 'hf_aVerySecretToken';

let hub: FakeHub;
let cache: string;
let commit: string;

beforeEach(async () => {
  hub = await FakeHub.start();
  cache = join(temporaryFolder(), 'hub');
  commit = hub.commit(REPO, { 'small.Q4_1.gguf': MODEL, 'config.json': SETTINGS, 'deep/er/part.gguf': MODEL });
});

const environment = (change: Record<string, string> = {}) => ({ HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, ...change });
const pull = (file: string, flags: string[] = [], change: Record<string, string> = {}) =>
  invoke(['pull', 'model', 'maker/small-GGUF', file, ...flags], { environment: environment(change) });
/** The same without the pauses between tries. */
const pullDirectly = (url: string) => {
  const settings = { url, token: undefined };
  const options = { cache, revision: 'main', refresh: false, onProgress: () => {}, onWait: () => {} };
  const patient = new Hub(settings, { signal: new AbortController().signal, retryPause: 1 });
  return pullFiles(patient, { type: 'model', name: 'maker/small-GGUF' }, ['small.Q4_1.gguf'], options);
};
const blobs = () => join(cache, 'models--maker--small-GGUF', 'blobs');
const partial = () => join(blobs(), `${sha256(MODEL)}.incomplete`);
const leavePartial = (content: Buffer) => {
  mkdirSync(blobs(), { recursive: true });
  writeFileSync(partial(), content);
};

describe('rectune pull model', () => {
  it('lays the file where Python programs look for it, checked, and prints its path alone', async () => {
    const { code, stdout, stderr } = await pull('small.Q4_1.gguf');
    expect(stderr).toContain(`commit ${commit}`);
    expect(code).toBe(0);
    const repo = join(cache, 'models--maker--small-GGUF');
    const path = join(repo, 'snapshots', commit, 'small.Q4_1.gguf');
    expect(stdout).toBe(`${path}\n`);
    expect(readFileSync(path).equals(MODEL)).toBe(true);
    expect(readlinkSync(path)).toBe(join('..', '..', 'blobs', sha256(MODEL)));
    expect(readFileSync(join(repo, 'refs', 'main'), 'utf8')).toBe(commit);
    expect(readdirSync(join(repo, 'blobs'))).toEqual([sha256(MODEL)]);
  });

  it('names a small file by its git hash, and checks that, too', async () => {
    expect((await pull('config.json')).code).toBe(0);
    expect(readdirSync(blobs())).toEqual([gitSha1(Buffer.from(SETTINGS))]);
  });

  it('takes a file in a folder of the repository', async () => {
    const { stdout } = await pull('deep/er/part.gguf');
    expect(readFileSync(stdout.trim()).equals(MODEL)).toBe(true);
    expect(readlinkSync(stdout.trim())).toBe(join('..', '..', '..', '..', 'blobs', sha256(MODEL)));
  });

  it('asks nothing of the hub when the file is there, and finds what a Python program left', async () => {
    // As huggingface_hub leaves it: blob, relative link, ref.
    const repo = join(cache, 'models--maker--small-GGUF');
    const old = 'c'.repeat(40);
    const content = Buffer.from('a model of before');
    mkdirSync(join(repo, 'snapshots', old), { recursive: true });
    mkdirSync(join(repo, 'refs'));
    leavePartial(Buffer.alloc(0));
    writeFileSync(join(repo, 'blobs', sha256(content)), content);
    symlinkSync(`../../blobs/${sha256(content)}`, join(repo, 'snapshots', old, 'small.Q4_1.gguf'));
    writeFileSync(join(repo, 'refs', 'main'), old);
    const { code, stdout } = await pull('small.Q4_1.gguf', ['--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ commit: old, wasThere: true });
    expect(hub.seen).toEqual([]);
    // --refresh asks what main means now.
    const refreshed = JSON.parse((await pull('small.Q4_1.gguf', ['--json', '--refresh'])).stdout);
    expect(refreshed).toMatchObject({ commit, wasThere: false });
    expect(readFileSync(refreshed.path).equals(MODEL)).toBe(true);
    expect(readFileSync(join(repo, 'refs', 'main'), 'utf8')).toBe(commit);
  });

  it('takes a branch, a tag or a commit, and a content that is there under another commit is not asked for again', async () => {
    await pull('small.Q4_1.gguf');
    const later = hub.commit(REPO, { 'config.json': '{}' });
    const asked = hub.ranges.length;
    const { stdout } = await pull('small.Q4_1.gguf', ['--revision', later]);
    expect(stdout).toContain(join('snapshots', later));
    expect(hub.ranges.length).toBe(asked);
    hub.commit(REPO, { 'config.json': '{"branch":1}' }, 'refs/pr/1');
    const branch = await pull('config.json', ['--revision', 'refs/pr/1']);
    expect(readFileSync(branch.stdout.trim(), 'utf8')).toBe('{"branch":1}');
  });

  it.each([
    { variables: { HF_HUB_CACHE: 'A', HUGGINGFACE_HUB_CACHE: 'B', HF_HOME: 'C' }, place: 'A' },
    { variables: { HUGGINGFACE_HUB_CACHE: 'B', HF_HOME: 'C' }, place: 'B' },
    { variables: { HF_HOME: 'C', XDG_CACHE_HOME: 'D' }, place: 'C/hub' },
    { variables: { HF_HUB_CACHE: '', XDG_CACHE_HOME: 'D' }, place: 'D/huggingface/hub' },
  ])('keeps it in $place for $variables', async ({ variables, place }) => {
    const root = temporaryFolder();
    const placed = Object.fromEntries(Object.entries(variables).map(([name, at]) => [name, at && join(root, at)]));
    const environment = { HF_ENDPOINT: hub.url, ...placed };
    const { stdout } = await invoke(['pull', 'model', 'maker/small-GGUF', 'config.json'], { environment });
    expect(stdout.startsWith(join(root, place, 'models--maker--small-GGUF'))).toBe(true);
  });

  it('writes a copy where links cannot be made', async () => {
    await pull('config.json');
    const file = { path: 'other.json', size: 22, hash: gitSha1(Buffer.from(SETTINGS)), hashKind: 'git-sha1' as const };
    const cached = new CachedRepo(cache, { type: 'model', name: 'maker/small-GGUF' });
    const path = cached.link(file, commit, () => {
      throw new Error('not here');
    });
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(SETTINGS);
  });

  it('shows rate and time left while a file is on its way', async () => {
    hub.faults.push(once(isContent, { slowly: { bytes: 60_000, pause: 130 } }));
    const argv = ['pull', 'model', 'maker/small-GGUF', 'small.Q4_1.gguf'];
    const { stderr } = await invoke(argv, { environment: environment(), isTTY: true });
    expect(stderr).toMatch(/small\.Q4_1\.gguf: 0\.\d MB of 0\.3 MB, \d+ % {2}\d+\.\d MB\/s {2}\d+ s left/);
  });
});

describe('what goes wrong on the way', () => {
  it('goes on from the byte where a connection was cut', async () => {
    hub.faults.push(once(isContent, { cutAfter: 100_000 }));
    const { code, stdout } = await pull('small.Q4_1.gguf');
    expect(code).toBe(0);
    expect(readFileSync(stdout.trim()).equals(MODEL)).toBe(true);
    const [first, second = '', ...more] = hub.ranges;
    expect([first, ...more]).toEqual([undefined]);
    const from = Number(/^bytes=(\d+)-$/.exec(second)?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(100_000);
  });

  it('asks again after a 500, for content and for information', async () => {
    hub.faults.push(once(isContent, { status: 500 }));
    hub.faults.push(once(({ path }) => path.includes('/paths-info/'), { status: 503 }));
    hub.faults.push(once(({ path }) => path.includes('/revision/'), { status: 429 }));
    const { code, stderr } = await pull('small.Q4_1.gguf');
    expect(code).toBe(0);
    expect(stderr.match(/trying again in 0\.5 s/g)?.length).toBe(3);
  });

  it('goes on from what an earlier try left', async () => {
    leavePartial(MODEL.subarray(0, 250_000));
    const { code, stdout } = await pull('small.Q4_1.gguf');
    expect(code).toBe(0);
    expect(readFileSync(stdout.trim()).equals(MODEL)).toBe(true);
    expect(hub.ranges).toEqual(['bytes=250000-']);
  });

  it('needs no byte more when an earlier try left all of them', async () => {
    leavePartial(MODEL);
    expect((await pull('small.Q4_1.gguf')).code).toBe(0);
    expect(hub.ranges).toEqual([]);
  });

  it('begins anew when the hub sends the whole file in place of the rest', async () => {
    leavePartial(MODEL.subarray(0, 1000));
    hub.faults.push((request) => (isContent(request) ? { noRange: true } : undefined));
    const { code, stdout } = await pull('small.Q4_1.gguf');
    expect(code).toBe(0);
    expect(readFileSync(stdout.trim()).equals(MODEL)).toBe(true);
  });

  it.each([
    {
      case: 'the hub sends another byte',
      spoil: () => hub.faults.push((seen) => (isContent(seen) ? { wrong: true } : undefined)),
    },
    { case: 'what was left is not of this file', spoil: () => leavePartial(Buffer.alloc(1000)) },
  ])('refuses the file and keeps nothing of it when $case', async ({ spoil }) => {
    spoil();
    const { code, stdout, stderr } = await pull('small.Q4_1.gguf');
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /sha256: [0-9a-f]{64} came, [0-9a-f]{64} is expected\n {2}at: {2}model maker\/small-GGUF: small/,
    );
    expect(readdirSync(blobs())).toEqual([]);
    expect(existsSync(join(cache, 'models--maker--small-GGUF', 'snapshots'))).toBe(false);
  });

  it('refuses a file of the cache that was changed', async () => {
    const { stdout } = await pull('small.Q4_1.gguf');
    writeFileSync(join(blobs(), sha256(MODEL)), 'changed');
    const { code, stderr } = await pull('small.Q4_1.gguf');
    expect(code).toBe(3);
    expect(stderr).toContain('it was changed, or is damaged');
    expect(stderr).toContain(stdout.trim());
  });

  it('gives up when the connection breaks again and again, says how far it is, and keeps that', async () => {
    hub.faults.push((request) =>
      isContent(request) ? (request.range ? { status: 502 } : { cutAfter: 5000 }) : undefined,
    );
    await expect(pullDirectly(hub.url)).rejects.toMatchObject({
      kind: 'data',
      message: 'the connection keeps breaking (the hub answers with 502); 5000 of 300000 bytes are kept',
    });
    expect(readFileSync(partial()).equals(MODEL.subarray(0, 5000))).toBe(true);
  });

  it('stops at a signal with code 130, and the same command goes on', async () => {
    hub.faults.push(once(isContent, { slowly: { bytes: 50_000, pause: 100 } }));
    const controller = new AbortController();
    const argv = ['pull', 'model', 'maker/small-GGUF', 'small.Q4_1.gguf'];
    const stopped = invoke(argv, { environment: environment(), stoppable: (task) => task(controller.signal) });
    await atLeast(partial(), 100_000);
    controller.abort();
    const { code, stderr } = await stopped;
    expect(code).toBe(130);
    expect(stderr).toContain('give the command again: it goes on');
    expect((await invoke(argv, { environment: environment() })).code).toBe(0);
    expect(hub.ranges.at(-1)).toBe(`bytes=${Number(/\d+/.exec(hub.ranges.at(-1) ?? '')?.[0])}-`);
    expect(Number(/\d+/.exec(hub.ranges.at(-1) ?? '')?.[0])).toBeGreaterThanOrEqual(100_000);
  });

  it('finishes what a killed process began', async () => {
    hub.faults.push(once(isContent, { slowly: { bytes: 50_000, pause: 200 } }));
    const argv = ['pull', 'model', 'maker/small-GGUF', 'small.Q4_1.gguf'];
    const child = execFile(process.execPath, [join(packageRoot(), 'dist', 'cli', 'main.js'), ...argv], {
      env: { ...process.env, ...environment() },
    });
    const ended = new Promise((done) => child.on('exit', (_, signal) => done(signal)));
    await atLeast(partial(), 100_000);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const kept = statSync(partial()).size;
    const { code, stdout } = await pull('small.Q4_1.gguf');
    expect(code).toBe(0);
    expect(readFileSync(stdout.trim()).equals(MODEL)).toBe(true);
    expect(hub.ranges).toEqual([undefined, `bytes=${kept}-`]);
  });

  it.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
    mkdirSync(blobs(), { recursive: true });
    symlinkSync('/dev/full', partial());
    const { code, stderr } = await pull('small.Q4_1.gguf');
    expect(code).toBe(3);
    expect(stderr).toContain('the disk is full (ENOSPC)');
    expect(stderr).toContain(dirname(partial()));
  });

  it('asks for no byte of a file that the disk has no room for', async () => {
    const size = 10 ** 18;
    const asked = hub.repos.get(REPO)?.commits.get(commit);
    asked?.set('huge.gguf', Object.defineProperty(Buffer.from(MODEL), 'length', { value: size }));
    const { code, stderr } = await pull('huge.gguf');
    expect(code).toBe(3);
    expect(stderr).toMatch(/huge\.gguf needs 1000000000000000000 more bytes, and the disk has \d+/);
    expect(hub.ranges).toEqual([]);
  });
});

describe('what the hub refuses', () => {
  it.each([
    { case: 'a repository', repo: 'maker/none', file: 'a.gguf', what: 'the repository is not there (404)' },
    {
      case: 'a file',
      file: 'small.Q4_0.gguf',
      what: 'there is no file "small.Q4_0.gguf"',
      fix: 'did you mean "small.Q4_1.gguf"?',
    },
    { case: 'a revision', flags: ['--revision', 'v9'], what: 'the revision is not there (404)', fix: '--revision' },
    { case: 'a name', repo: '../../etc', what: '"../../etc" is not the name of a repository' },
    {
      case: 'a path',
      file: '../../x.gguf',
      flags: ['--revision', 'd'.repeat(40)],
      what: '"../../x.gguf" is not a name',
    },
    { case: 'a branch', flags: ['--revision', '../x'], what: '"../x" is not a name' },
    { case: 'a missing file', file: undefined, what: '<file> is missing', fix: 'name repository and GGUF file' },
  ])('says what is wrong with $case', async ({ repo = 'maker/small-GGUF', flags = [], what, fix = '', ...rest }) => {
    const file = 'file' in rest ? rest.file : 'small.Q4_1.gguf';
    const argv = ['pull', 'model', repo, ...(file === undefined ? [] : [file]), ...flags];
    const { code, stderr } = await invoke(argv, { environment: environment() });
    expect(stderr).toContain(what);
    expect(stderr).toContain(fix);
    expect(code).toBe(2);
  });

  it('names the token as the way to what is private, and uses it at the hub alone', async () => {
    hub.token = TOKEN;
    (hub.repos.get(REPO) as { private: boolean }).private = true;
    const without = await pull('small.Q4_1.gguf');
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/not there, or not for everybody \(401\)[\s\S]*give a token: --token, or HF_TOKEN/);
    expect((await pull('small.Q4_1.gguf', [], { HF_TOKEN: TOKEN })).code).toBe(0);
    expect((await pull('config.json', ['--token', TOKEN])).code).toBe(0);
    const at = (place: string) => hub.seen.filter((seen) => seen.at === place).map((seen) => seen.authorization);
    expect(at('hub')).toContain(`Bearer ${TOKEN}`);
    expect(new Set(at('store'))).toEqual(new Set([undefined]));
  });

  it('never shows a token, not even when the hub sends it back or it cannot be one', async () => {
    hub.token = TOKEN;
    const wrong = 'hf_wrongButSecret';
    const refused = await pull('small.Q4_1.gguf', ['--json'], { HF_TOKEN: wrong });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the hub refuses the token');
    expect(refused.stderr).toContain('Bearer ***');
    const impossible = await pull('small.Q4_1.gguf', ['--token', `${wrong}\nX: y`]);
    expect(impossible.code).toBe(2);
    expect(impossible.stderr).toContain('--token');
    for (const { stdout, stderr } of [refused, impossible]) expect(stdout + stderr).not.toContain(wrong);
  });

  it('says of a gated model whom to ask', async () => {
    (hub.repos.get(REPO) as { gated: boolean }).gated = true;
    const { code, stderr } = await pull('small.Q4_1.gguf');
    expect(code).toBe(2);
    expect(stderr).toMatch(/not allowed \(403\)[\s\S]*ask its owner for access/);
  });

  it.each([
    { hub: 'nowhere', what: '"nowhere" is not the address of a hub' },
    { hub: 'ftp://hub', what: '"ftp://hub" is not the address of a hub' },
    { hub: 'http://me:secret@hub', what: "the hub's address holds a user or a password" },
  ])('refuses the address $hub', async ({ hub: address, what }) => {
    const { code, stderr } = await pull('small.Q4_1.gguf', ['--hub', address]);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).not.toContain('secret');
  });

  it('says that a hub cannot be reached', async () => {
    await expect(pullDirectly('http://127.0.0.1:9')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('the hub cannot be reached ('),
      fix: expect.stringContaining('HF_ENDPOINT'),
    });
  });
});

async function atLeast(path: string, bytes: number): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (existsSync(path) && statSync(path).size >= bytes) return;
    await sleep(20);
  }
  throw new Error(`${path} has not grown to ${bytes} bytes`);
}
