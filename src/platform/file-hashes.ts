import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { exists, readJson, sha256File, writeSealed } from './files.js';

/** Hash of a file as it was: any change of size, time or inode makes it unknown again. */
const Known = z.record(z.string(), z.strictObject({ sha256: z.string(), stamp: z.string() }));

/**
 * SHA-256 of a large file (a model), remembered by path, inode, size and times: a 4 GB model costs seconds to read,
 * and every command needs its hash.
 *
 * memory  JSON file that holds what is known; one that cannot be read is started anew
 * throws  RectuneError (data) when the file cannot be read
 */
export async function rememberedSha256(path: string, memory: string): Promise<string> {
  const whole = resolve(path);
  const stamp = stampOf(whole);
  const known = remembered(memory);
  const entry = known[whole];
  if (stamp !== undefined && entry?.stamp === stamp) return entry.sha256;
  const sha256 = await sha256File(whole);
  // A file that changed while it was read must not be remembered.
  if (stamp !== undefined && stampOf(whole) === stamp) {
    writeSealed(memory, `${JSON.stringify({ ...remembered(memory), [whole]: { sha256, stamp } }, null, 2)}\n`);
  }
  return sha256;
}

function remembered(memory: string): z.infer<typeof Known> {
  if (!exists(memory)) return {};
  try {
    return Known.parse(readJson(memory));
  } catch {
    return {};
  }
}

function stampOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
}
