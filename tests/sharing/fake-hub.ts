import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as the hub or its store of large files saw it. */
export interface SeenRequest {
  at: 'hub' | 'store';
  method: string;
  path: string; // with its query
  range: string | undefined;
  authorization: string | undefined;
}

interface FakeRepo {
  private: boolean;
  gated: boolean;
  branches: Map<string, string>; // name -> commit
  commits: Map<string, Map<string, Buffer>>; // commit -> files
  messages: string[]; // newest last
}

/** What happens to a request in place of its answer; undefined: it is answered. */
export type Fault = (request: SeenRequest) => Mishap | undefined;
export type Mishap =
  | { status: number; code?: string; error?: string } // refused
  | { cutAfter: number } // the connection breaks after so many bytes of the content
  | { slowly: { bytes: number; pause: number } } // so many bytes at once, then a pause of so many ms
  | { wrong: true } // the last byte of the content is another one
  | { noRange: true }; // the whole content comes, whatever was asked for

const LARGE = 512; // bytes from which a file goes to the store of large files

/**
 * A hub on this machine that speaks as much of the protocol as the library asks for: information, tree, paths, content with ranges and
 * redirects to a store on another address, making repositories and branches, preupload, LFS batches and commits.
 */
export class FakeHub {
  readonly repos = new Map<string, FakeRepo>(); // "models/org/name"
  readonly seen: SeenRequest[] = [];
  readonly large = new Map<string, Buffer>(); // by sha256
  /** Asked for each request, the newest first. */
  readonly faults: Fault[] = [];
  token: string | undefined; // that it knows; without one everybody may do everything
  url = '';
  #store = '';
  #commits = 0;

  static async start(): Promise<FakeHub> {
    const hub = new FakeHub();
    hub.url = await listen((request, response) => hub.#answer('hub', request, response));
    hub.#store = await listen((request, response) => hub.#answer('store', request, response));
    return hub;
  }

  /** Puts files into a repository as one commit and returns its name. */
  commit(repo: string, files: Record<string, string | Buffer>, branch = 'main'): string {
    const { branches, commits } = this.#made(repo, false);
    const before = commits.get(branches.get(branch) ?? branches.get('main') ?? '') ?? new Map();
    const now = new Map<string, Buffer>(before);
    for (const [path, content] of Object.entries(files)) now.set(path, Buffer.from(content));
    const name = createHash('sha1')
      .update(`${repo} ${this.#commits++}`)
      .digest('hex');
    commits.set(name, now);
    branches.set(branch, name);
    return name;
  }

  file(repo: string, path: string, branch = 'main'): Buffer | undefined {
    const found = this.repos.get(repo);
    return found?.commits.get(found.branches.get(branch) ?? '')?.get(path);
  }

  paths(repo: string, branch = 'main'): string[] {
    const found = this.repos.get(repo);
    return [...(found?.commits.get(found.branches.get(branch) ?? '')?.keys() ?? [])].sort();
  }

  /** Ranges of the requests for content of the store. */
  get ranges(): (string | undefined)[] {
    return this.seen.filter(({ at, method }) => at === 'store' && method === 'GET').map(({ range }) => range);
  }

  #made(repo: string, isPrivate: boolean): FakeRepo {
    const known = this.repos.get(repo);
    if (known) return known;
    const made = { private: isPrivate, gated: false, branches: new Map(), commits: new Map(), messages: [] };
    this.repos.set(repo, made);
    return made;
  }

  async #answer(at: SeenRequest['at'], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const seen: SeenRequest = { at, method, path: url, range: headers.range, authorization: headers.authorization };
    this.seen.push(seen);
    const body = await bodyOf(request);
    let mishap: Mishap | undefined;
    for (const fault of this.faults) mishap ??= fault(seen);
    if (mishap && 'status' in mishap) return refuse(response, mishap.status, mishap.code, mishap.error);
    try {
      if (at === 'store') this.#storeAnswer(seen, body, response, mishap);
      else this.#hubAnswer(seen, body, response, mishap);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(response, error.status, error.code, error.message);
    }
  }

  #hubAnswer(seen: SeenRequest, body: Buffer, response: ServerResponse, mishap: Mishap | undefined): unknown {
    const { pathname } = new URL(seen.path, 'http://hub');
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    const given = () => JSON.parse(body.toString());
    if (pathname === '/api/repos/create') {
      this.#mayWrite(seen);
      const { type, organization, name, visibility } = given();
      const repo = `${type}s/${organization}/${name}`;
      if (this.repos.has(repo)) throw new Refused(409, undefined, 'You already created this repo');
      this.#made(repo, visibility === 'private');
      this.commit(repo, { '.gitattributes': '*.gguf filter=lfs' });
      return json({ url: `${this.url}/${repo}`, id: repo });
    }
    const api = /^\/api\/((?:models|datasets)\/[^/]+\/[^/]+)\/([a-z-]+)\/([^/]+)(?:\/(.*))?$/.exec(pathname);
    if (api) {
      const [, name = '', verb, part = ''] = api;
      const repo = this.#readable(name, seen);
      const revision = decodeURIComponent(part);
      if (verb === 'revision') {
        const sha = this.#commitOf(repo, revision === 'HEAD' ? 'main' : revision);
        const counts = { gated: repo.gated, downloads: 0, likes: 0, lastModified: '2026-01-02T03:04:05.000Z' };
        return json({ _id: '1', id: name.slice(name.indexOf('/') + 1), private: repo.private, sha, ...counts });
      }
      if (verb === 'paths-info') {
        const files = this.#filesOf(repo, revision);
        const paths = (given().paths as string[]).filter((path) => files.has(path));
        return json(paths.map((path) => entry(path, files.get(path) as Buffer)));
      }
      if (verb === 'tree')
        return json([...this.#filesOf(repo, revision)].map(([path, content]) => entry(path, content)));
      this.#mayWrite(seen);
      if (verb === 'branch') {
        if (repo.branches.has(revision)) throw new Refused(409, undefined, 'Reference already exists');
        repo.branches.set(revision, this.#commitOf(repo, 'main'));
        return json({});
      }
      if (verb === 'preupload') {
        const files = (given().files as { path: string; size: number }[]).map(({ path, size }) => ({
          path,
          uploadMode: size >= LARGE ? 'lfs' : 'regular',
          shouldIgnore: false,
        }));
        return json({ files });
      }
      if (verb === 'commit') return json(this.#committed(name, repo, revision, body));
    }
    const batch = /^\/(datasets\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(pathname);
    if (batch) {
      this.#mayWrite(seen);
      const objects = (given().objects as { oid: string; size: number }[]).map(({ oid, size }) => {
        const upload = { href: `${this.#store}/${oid}?signature=secret`, header: {} };
        return { oid, size, ...(this.large.has(oid) ? {} : { actions: { upload } }) };
      });
      return json({ transfer: 'basic', objects });
    }
    const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    if (!resolve) throw new Refused(404, 'NotFound', 'there is no such address');
    const [, type, name = '', revision = '', path = ''] = resolve;
    const files = this.#filesOf(this.#readable(`${type ?? 'models/'}${name}`, seen), decodeURIComponent(revision));
    const content = files.get(decodeURIComponent(path));
    if (!content) throw new Refused(404, 'EntryNotFound', 'Entry not found');
    if (content.length < LARGE) return send(response, content, seen.range, mishap);
    const oid = sha256(content);
    this.large.set(oid, content);
    response.writeHead(302, { location: `${this.#store}/${oid}?signature=secret`, 'x-linked-etag': `"${oid}"` });
    return response.end();
  }

  #storeAnswer(seen: SeenRequest, body: Buffer, response: ServerResponse, mishap: Mishap | undefined): void {
    const oid = new URL(seen.path, 'http://store').pathname.slice(1);
    if (seen.method === 'PUT') {
      if (sha256(body) !== oid) throw new Refused(400, undefined, 'the content is not what was announced');
      this.large.set(oid, body);
      response.end();
      return;
    }
    const content = this.large.get(oid);
    if (!content) throw new Refused(404, undefined, 'NoSuchKey');
    send(response, content, seen.range, mishap);
  }

  #committed(name: string, repo: FakeRepo, branch: string, body: Buffer): object {
    if (!repo.branches.has(branch)) throw new Refused(404, 'RevisionNotFound', 'Invalid rev id');
    const files: Record<string, Buffer> = {};
    for (const line of body.toString().split('\n')) {
      const { key, value } = JSON.parse(line);
      if (key === 'header') repo.messages.push(value.summary);
      if (key === 'file') files[value.path] = Buffer.from(value.content, value.encoding);
      if (key === 'lfsFile') {
        const content = this.large.get(value.oid);
        if (content?.length !== value.size) throw new Refused(400, undefined, `${value.path} was not uploaded`);
        files[value.path] = content as Buffer;
      }
    }
    const commitOid = this.commit(name, files, branch);
    return { commitOid, commitUrl: `${this.url}/commit/${commitOid}`, hookOutput: '' };
  }

  #readable(name: string, seen: SeenRequest): FakeRepo {
    const repo = this.repos.get(name);
    const isKnown = this.token === undefined || seen.authorization === `Bearer ${this.token}`;
    if (!isKnown && seen.authorization) {
      throw new Refused(401, undefined, `Invalid credentials: ${seen.authorization}`);
    }
    if (!isKnown && (!repo || repo.private)) throw new Refused(401, 'RepoNotFound', 'Repository not found');
    if (!repo) throw new Refused(404, 'RepoNotFound', 'Repository not found');
    if (repo.gated) throw new Refused(403, 'GatedRepo', 'Access to this model is restricted');
    return repo;
  }

  #mayWrite({ authorization }: SeenRequest): void {
    if (this.token === undefined || authorization === `Bearer ${this.token}`) return;
    throw new Refused(401, undefined, 'Invalid username or password.');
  }

  #commitOf({ branches, commits }: FakeRepo, revision: string): string {
    const commit = commits.has(revision) ? revision : branches.get(revision);
    if (commit === undefined) throw new Refused(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
    return commit;
  }

  #filesOf(repo: FakeRepo, revision: string): Map<string, Buffer> {
    return repo.commits.get(this.#commitOf(repo, revision)) as Map<string, Buffer>;
  }
}

class Refused extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitSha1(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function entry(path: string, content: Buffer): object {
  const lfs = content.length < LARGE ? {} : { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } };
  return { type: 'file', path, size: content.length, oid: gitSha1(content), ...lfs };
}

function send(response: ServerResponse, content: Buffer, range: string | undefined, mishap: Mishap | undefined): void {
  const from = mishap && 'noRange' in mishap ? undefined : /^bytes=(\d+)-/.exec(range ?? '')?.[1];
  const begin = Number(from ?? 0);
  let part = content.subarray(begin);
  if (mishap && 'wrong' in mishap) {
    part = Buffer.from(part);
    part[part.length - 1] = (part.at(-1) ?? 0) ^ 1;
  }
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': part.length,
    etag: `"${sha256(content)}"`,
    ...(from === undefined ? {} : { 'content-range': `bytes ${begin}-${content.length - 1}/${content.length}` }),
  });
  if (mishap && 'cutAfter' in mishap) {
    response.write(part.subarray(0, mishap.cutAfter), () => setTimeout(() => response.destroy(), 100));
  } else if (mishap && 'slowly' in mishap) sendSlowly(response, part, mishap.slowly);
  else response.end(part);
}

function sendSlowly(response: ServerResponse, part: Buffer, { bytes, pause }: { bytes: number; pause: number }): void {
  if (response.destroyed) return;
  response.write(part.subarray(0, bytes));
  if (part.length <= bytes) response.end();
  else setTimeout(() => sendSlowly(response, part.subarray(bytes), { bytes, pause }), pause);
}

function refuse(response: ServerResponse, status: number, code?: string, error?: string): void {
  const headers = { 'content-type': 'application/json', ...(code === undefined ? {} : { 'x-error-code': code }) };
  response.writeHead(status, headers);
  response.end(JSON.stringify({ error }));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A fault that happens once, to the first request that it is about. */
export function once(about: (request: SeenRequest) => boolean, mishap: Mishap): Fault {
  let happened = false;
  return (request) => {
    if (happened || !about(request)) return undefined;
    happened = true;
    return mishap;
  };
}

export const isContent = ({ at, method }: SeenRequest): boolean => at === 'store' && method === 'GET';
