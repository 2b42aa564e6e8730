import { RectuneError } from '../core/errors.js';

/** Where a hub is and who asks. Neither is printed or written anywhere; the token is the reason why (see scrubbed in hub.ts). */
export interface HubSettings {
  readonly url: string | undefined; // without it the library's own
  readonly token: string | undefined;
}

/**
 * From flags, else from the environment (HF_ENDPOINT, HF_TOKEN), as the other programs of the hub take them.
 *
 * throws  RectuneError 'usage' for what is no address, and for a token that no request could carry; the token itself is not told
 */
export function hubSettings(
  given: { hub?: string | undefined; token?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): HubSettings {
  const url = given.hub ?? (environment.HF_ENDPOINT || undefined);
  const token = given.token ?? (environment.HF_TOKEN?.trim() || undefined);
  const from = (flag: string, isGiven: boolean, name: string) => (isGiven ? flag : name);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    const what = 'the token holds a space or a letter that no token has';
    throw new RectuneError('usage', what, from('--token', given.token !== undefined, 'HF_TOKEN'), 'copy it again');
  }
  return {
    url: url === undefined ? undefined : checkedUrl(url, from('--hub', given.hub !== undefined, 'HF_ENDPOINT')),
    token,
  };
}

function checkedUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fix = 'write it like https://hub.example.org';
  if (url?.username || url?.password) {
    throw new RectuneError('usage', "the hub's address holds a user or a password", where, 'give a token instead');
  }
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash) {
    throw new RectuneError('usage', `"${text}" is not the address of a hub`, where, fix);
  }
  return text.replace(/\/+$/, '');
}
