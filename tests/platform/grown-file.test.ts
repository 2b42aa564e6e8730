import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256WithPrefix } from '../../src/platform/grown-file.js';
import { temporaryFolder } from '../store/fixtures.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('hashes a file and its beginning in one reading, and counts the line ends of the beginning', async () => {
  const path = join(temporaryFolder(), 'file');
  const sizes = fc.oneof(fc.nat(40), fc.constantFrom(1 << 20, (1 << 20) + 1, 2 << 20));
  await fc.assert(
    fc.asyncProperty(
      sizes,
      sizes,
      fc.array(fc.constantFrom(10, 13, 65), { minLength: 1 }),
      async (size, first, pattern) => {
        const bytes = Buffer.alloc(size, Buffer.from(pattern));
        writeFileSync(path, bytes);
        const begin = bytes.subarray(0, Math.max(1, first));
        const isThere = size >= Math.max(1, first);
        expect(await sha256WithPrefix(path, Math.max(1, first))).toEqual({
          sha256: sha256(bytes),
          ...(isThere && {
            prefix: {
              sha256: sha256(begin),
              lineFeeds: begin.filter((byte) => byte === 10).length,
              returns: begin.filter((byte) => byte === 13).length,
              last: begin.at(-1),
            },
          }),
        });
      },
    ),
    { numRuns: 60 },
  );
});
