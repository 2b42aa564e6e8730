import { RectuneError } from '../core/errors.js';

/** What is asked of a hub, in words for errors. */
export interface HubQuestion {
  readonly what: string; // "the repository", "config.json"
  readonly where: string; // "model org/name, revision main"
}

/** The hub answered, and the answer is no. */
export class HubRefusal extends Error {
  readonly status: number;
  /** What the hub calls it (X-Error-Code): RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo, ... */
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the same question may be answered otherwise a moment later. */
  get passes(): boolean {
    return isPassing(this.status);
  }
}

/** The answer did not come, or ended before it was whole. */
export class HubInterruption extends Error {}

export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** What went wrong between us and the hub as an error for people; what is neither a refusal nor an interruption comes back as it is. */
export function hubError(error: unknown, { what, where }: HubQuestion, hasToken: boolean): unknown {
  if (error instanceof HubInterruption) {
    const fix = 'check the network and the address of the hub (--hub, HF_ENDPOINT), then give the command again';
    return new RectuneError('data', `the hub cannot be reached (${error.message})`, where, fix);
  }
  if (!(error instanceof HubRefusal)) return error;
  const { status, code } = error;
  const said = error.message === '' ? '' : `: ${error.message}`;
  if (status === 401 && hasToken) {
    const fix = 'give a token that is valid and may see this: --token, or HF_TOKEN';
    return new RectuneError('usage', `the hub refuses the token, or ${what} is not there (401)${said}`, where, fix);
  }
  if (status === 401) {
    const fix = 'check the name; for what is private, give a token: --token, or HF_TOKEN';
    return new RectuneError('usage', `${what} is not there, or not for everybody (401)${said}`, where, fix);
  }
  if (status === 403) {
    const fix =
      code === 'GatedRepo'
        ? 'ask its owner for access on its page, and give your token'
        : 'give a token that may do this: --token, or HF_TOKEN';
    return new RectuneError('usage', `this is not allowed (403)${said}`, where, fix);
  }
  if (status === 404) {
    const missing = code === 'RevisionNotFound' ? 'the revision' : code === 'RepoNotFound' ? 'the repository' : what;
    const fix = code === 'RevisionNotFound' ? 'name a branch, a tag or a commit: --revision' : 'check the name';
    return new RectuneError('usage', `${missing} is not there (404)${said}`, where, fix);
  }
  const fix = isPassing(status) ? 'give the command again in a while' : 'see what the hub says';
  return new RectuneError('data', `the hub answers with ${status}${said}`, where, fix);
}
