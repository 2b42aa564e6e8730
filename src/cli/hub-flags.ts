import { RectuneError } from '../core/errors.js';
import { Hub } from '../platform/hub.js';
import { hubCacheFolder } from '../platform/hub-cache.js';
import { hubSettings } from '../platform/hub-settings.js';
import type { PullOptions } from '../sharing/pull-file.js';
import { type Context, named } from './command.js';

/** What every verb that asks a hub takes. */
export const hubFlags = {
  hub: named('URL', 'address of the hub; without it HF_ENDPOINT').optional(),
  token: named('T', 'token for the hub; without it HF_TOKEN, which other users of this machine cannot see').optional(),
};

interface HubFlags {
  hub?: string | undefined;
  token?: string | undefined;
}

/** Nothing may be laid into a hub without one: said before any work. */
export function needToken(flags: HubFlags, context: Context): void {
  if (hubSettings(flags, context.environment).token !== undefined) return;
  const fix = 'make one that may write, on the page of the hub, and give it: HF_TOKEN=..., or --token';
  throw new RectuneError('usage', 'a push needs a token', 'rectune push', fix);
}

export function hubOf(flags: HubFlags, context: Context, signal: AbortSignal): Hub {
  return new Hub(hubSettings(flags, context.environment), { signal, onWait: (line) => context.note(line) });
}

export function pullOptions(flags: { revision: string; refresh: boolean }, context: Context): PullOptions {
  const { revision, refresh } = flags;
  const cache = hubCacheFolder(context.environment);
  return { cache, revision, refresh, onProgress: context.progress.transfer(), onWait: (line) => context.note(line) };
}
