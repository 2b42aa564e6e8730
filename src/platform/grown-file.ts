import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { cannotRead } from './file-errors.js';

const CHUNK = 1 << 20; // bytes
const [LF, CR] = [0x0a, 0x0d];

/** The beginning of a file. */
export interface Prefix {
  readonly sha256: string;
  readonly lineFeeds: number;
  readonly returns: number; // carriage returns
  readonly last: number; // its last byte
}

/**
 * SHA-256 of a file and of its first bytes, in one reading.
 *
 * bytes    of the prefix, at least 1
 * returns  prefix: undefined where the file is not that long
 * throws   RectuneError 'data' when it cannot be read
 */
export async function sha256WithPrefix(
  path: string,
  bytes: number,
  onChunk: (bytes: number) => void = () => {},
): Promise<{ sha256: string; prefix?: Prefix }> {
  const hash = createHash('sha256');
  let prefix: Prefix | undefined;
  let [read, lineFeeds, returns] = [0, 0, 0];
  try {
    const file = await open(path, 'r');
    try {
      for await (const chunk of file.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
        const rest = bytes - read;
        read += chunk.length;
        const begin: Buffer = chunk.subarray(0, Math.max(0, rest));
        lineFeeds += count(begin, LF);
        returns += count(begin, CR);
        hash.update(begin);
        if (rest > 0 && rest <= chunk.length) {
          prefix = { sha256: hash.copy().digest('hex'), lineFeeds, returns, last: begin.at(-1) as number };
        }
        hash.update(chunk.subarray(begin.length));
        onChunk(chunk.length);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotRead(path, 'data', error);
  }
  return { sha256: hash.digest('hex'), ...(prefix && { prefix }) };
}

function count(bytes: Buffer, value: number): number {
  let found = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) found += 1;
  return found;
}
