import { setTimeout as sleep } from 'node:timers/promises';
import { RectuneError } from '../core/errors.js';
import { HubInterruption, type HubQuestion, HubRefusal, hubError } from './hub-errors.js';
import type { HubSettings } from './hub-settings.js';

export interface HubRepo {
  readonly type: 'model' | 'dataset';
  readonly name: string; // "org/name"
}

/** A file of a repository at a commit. */
export interface HubFile {
  readonly path: string;
  readonly size: number; // bytes
  readonly hash: string; // as the hub's caches name its content
  readonly hashKind: 'sha256' | 'git-sha1'; // of the bytes (large files), or of git's blob
}

export interface HubOptions {
  readonly signal: AbortSignal;
  readonly onWait?: (message: string) => void; // told when a question is asked again
  readonly retryPause?: number; // ms before the second try; doubled for each further one
}

const RETRIES = 4;
const RETRY_PAUSE = 500; // ms
const PATIENCE = 60_000; // ms without a byte after which a connection counts as broken

/**
 * The one door to a hub. Every request passes #fetch, which adds the token for the hub's own address and for no other, asks
 * again when the network or the hub stumbles, and turns what is left into errors without the token.
 */
export class Hub {
  readonly #settings: HubSettings;
  readonly #options: HubOptions;

  constructor(settings: HubSettings, options: HubOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** The commit that a branch, a tag or a commit means now, and whether the repository is private. */
  async repository({ type, name }: HubRepo, revision: string): Promise<{ commit: string; isPrivate: boolean }> {
    return this.ask({ what: 'the repository', where: `${type} ${name}, revision ${revision}` }, async (common) => {
      const { modelInfo, datasetInfo } = await library();
      const info = await (type === 'model'
        ? modelInfo({ name, revision, additionalFields: ['sha'], ...common })
        : datasetInfo({ name, revision, additionalFields: ['sha'], ...common }));
      if (!/^[0-9a-f]{40}$/.test(info.sha)) throw new HubRefusal(200, undefined, 'it tells no commit of this revision');
      return { commit: info.sha, isPrivate: info.private };
    });
  }

  /** Files at a commit; those that are not there are left out. */
  async files(repo: HubRepo, commit: string, paths: readonly string[]): Promise<HubFile[]> {
    return this.ask(
      { what: paths.join(', '), where: `${repo.type} ${repo.name}, commit ${commit}` },
      async (common) => {
        const { pathsInfo } = await library();
        const found = await pathsInfo({ repo, revision: commit, paths: [...paths], ...common });
        return found.filter(({ type }) => type === 'file').map(asHubFile);
      },
    );
  }

  /** Names of all files at a commit. */
  async listing(repo: HubRepo, commit: string): Promise<string[]> {
    return this.ask(
      { what: 'the repository', where: `${repo.type} ${repo.name}, commit ${commit}` },
      async (common) => {
        const { listFiles } = await library();
        const names: string[] = [];
        for await (const { type, path } of listFiles({ repo, revision: commit, recursive: true, ...common })) {
          if (type === 'file') names.push(path);
        }
        return names;
      },
    );
  }

  /**
   * The bytes of a file from an offset on, as they come.
   *
   * throws  HubInterruption when the connection breaks or the hub stumbles: ask again from where it broke;
   *         RangeRefused when the hub begins at 0 in any case; RectuneError when it says no, or when the signal stops it
   */
  async *read(repo: HubRepo, commit: string, path: string, offset: number): AsyncGenerator<Uint8Array, void> {
    const folder = repo.type === 'dataset' ? 'datasets/' : '';
    const name = path.split('/').map(encodeURIComponent).join('/');
    const url = `${await this.#address()}/${folder}${repo.name}/resolve/${commit}/${name}`;
    const where = `${repo.type} ${repo.name}: ${path}`;
    const attempt = new AbortController();
    const patience = new Patience(attempt);
    try {
      const headers = { 'Accept-Encoding': 'identity', ...(offset > 0 ? { Range: `bytes=${offset}-` } : {}) };
      const signal = AbortSignal.any([this.signal, attempt.signal]);
      const response = await this.#once(url, { headers, signal });
      if (offset > 0 && response.status !== 206) {
        await response.body?.cancel();
        throw new RangeRefused();
      }
      const begins = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
      if (offset > 0 && Number(begins) !== offset) throw new HubInterruption('another part of the file came');
      for await (const chunk of response.body ?? []) {
        patience.renew();
        yield chunk;
      }
    } catch (error) {
      if (error instanceof RangeRefused || error instanceof HubInterruption) throw error;
      if (error instanceof HubRefusal && error.passes)
        throw new HubInterruption(`the hub answers with ${error.status}`);
      if (error instanceof HubRefusal) throw hubError(error, { what: path, where }, this.#settings.token !== undefined);
      this.#stopped(where);
      if (error instanceof RectuneError) throw error;
      throw interruption(error);
    } finally {
      patience.end();
      attempt.abort();
    }
  }

  /** Waits before a question is asked again. attempt: from 1. */
  async pause(attempt: number, why: string): Promise<void> {
    const milliseconds = (this.#options.retryPause ?? RETRY_PAUSE) * 2 ** (attempt - 1);
    this.#options.onWait?.(`${why}; trying again in ${milliseconds / 1000} s`);
    await sleep(milliseconds, undefined, { signal: this.signal }).catch(() => this.#stopped('waiting for the hub'));
  }

  /** Runs calls of the library; what goes wrong becomes an error for people. */
  async ask<T>(question: HubQuestion, call: (common: CommonParameters) => Promise<T>): Promise<T> {
    try {
      return await call({ hubUrl: await this.#address(), fetch: (url, init) => this.#fetch(url, init) });
    } catch (error) {
      this.#stopped(question.where);
      throw hubError(error, question, this.#settings.token !== undefined);
    }
  }

  async #address(): Promise<string> {
    return this.#settings.url ?? (await library()).HUB_URL;
  }

  /** Asks, and asks again what may be asked twice. */
  async #fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const url = input instanceof Request ? input.url : String(input);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(url, init);
      } catch (error) {
        const passes = error instanceof HubInterruption || (error instanceof HubRefusal && error.passes);
        if (!passes || attempt > RETRIES || !mayBeRepeated(url, init)) throw error;
        await this.pause(attempt, `the hub: ${error.message || `status ${(error as HubRefusal).status}`}`);
      }
    }
  }

  /** One request. Throws HubRefusal when the answer is no, HubInterruption when none comes. */
  async #once(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const { token } = this.#settings;
    if (token !== undefined && new URL(url).origin === new URL(await this.#address()).origin) {
      headers.set('Authorization', `Bearer ${token}`); // a redirect to another address loses it: fetch sees to that
    }
    let response: Response;
    try {
      const signal = AbortSignal.any([this.signal, ...(init.signal ? [init.signal] : [])]);
      response = await fetch(url, { ...init, headers, signal });
    } catch (error) {
      throw interruption(error);
    }
    if (response.ok) return response;
    throw await this.#refusal(response);
  }

  async #refusal(response: Response): Promise<HubRefusal> {
    const text = await response.text().catch(() => '');
    const told = response.headers.get('x-error-message') ?? errorIn(text) ?? '';
    const code = response.headers.get('x-error-code') ?? undefined;
    return new HubRefusal(response.status, code, this.#scrubbed(told).slice(0, 300));
  }

  /** Without the token, should a hub ever send it back. */
  #scrubbed(text: string): string {
    const { token } = this.#settings;
    return token === undefined ? text : text.replaceAll(token, '***');
  }

  #stopped(where: string): void {
    if (!this.signal.aborted) return;
    throw new RectuneError('stopped', 'stopped; what came is kept', where, 'give the command again: it goes on');
  }
}

/** The hub sent a file from its beginning although a later part was asked for. */
export class RangeRefused extends Error {}

/** What every call of the library is given. */
export interface CommonParameters {
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
}

/** Loaded when it is needed: it takes a quarter of a second. */
function library(): Promise<typeof import('@huggingface/hub')> {
  return import('@huggingface/hub');
}

function asHubFile(entry: { path: string; size: number; oid?: string; lfs?: { oid: string; size: number } }): HubFile {
  const { path, size, oid = '', lfs } = entry;
  return lfs
    ? { path, size: lfs.size, hash: lfs.oid, hashKind: 'sha256' }
    : { path, size, hash: oid, hashKind: 'git-sha1' };
}

/** A commit and the making of a repository or branch are not repeated by themselves: the first try may have been heard. */
function mayBeRepeated(url: string, { method = 'GET' }: RequestInit): boolean {
  return method !== 'POST' || !/\/(commit|branch)\/[^/]*$|\/repos\/create$/.test(new URL(url).pathname);
}

function interruption(error: unknown): HubInterruption {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const message = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : 'unknown');
  return new HubInterruption(message);
}

function errorIn(text: string): string | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return [error, message].find((one) => typeof one === 'string') as string | undefined;
  } catch {
    return undefined;
  }
}

/** Ends an attempt when no byte comes for a while. */
class Patience {
  readonly #attempt: AbortController;
  #timer: NodeJS.Timeout | undefined;

  constructor(attempt: AbortController) {
    this.#attempt = attempt;
    this.renew();
  }

  renew(): void {
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#attempt.abort(new Error(`no byte in ${PATIENCE / 1000} s`)), PATIENCE);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
