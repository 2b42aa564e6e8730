import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPieces } from '../../src/platform/unpack.js';
import { temporaryFolder } from '../store/fixtures.js';

function fileOf(name: string, content: Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

function read(path: string): { content: Buffer; bytes: number; longest: number } {
  const pieces = Array.from(readPieces(path), ({ content, bytes }) => ({ content: Buffer.from(content), bytes }));
  return {
    content: Buffer.concat(pieces.map(({ content }) => content)),
    bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
    longest: Math.max(0, ...pieces.map(({ content }) => content.length)),
  };
}

it('gives what is packed in a .gz file, of one part or several, and counts the bytes of the file', () => {
  const path = fileOf('any.bin.gz', Buffer.alloc(0));
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 3 }), (parts) => {
      const packed = Buffer.concat(parts.map((part) => gzipSync(part)));
      writeFileSync(path, packed);
      expect(read(path)).toMatchObject({ content: Buffer.concat(parts), bytes: packed.length });
    }),
    { numRuns: 25 },
  );
});

it('gives a file of any other name as it is, packed or not', () => {
  const packed = gzipSync('abc');
  expect(read(fileOf('any.bin', packed))).toMatchObject({ content: packed, bytes: packed.length });
});

it('never holds more than a megabyte of a file that unpacks to a thousand times its size', () => {
  const packed = gzipSync(Buffer.alloc(64 << 20));
  expect(packed.length).toBeLessThan(1 << 17);
  let [length, longest, told] = [0, 0, 0];
  for (const { content, bytes } of readPieces(fileOf('zeros.gz', packed))) {
    length += content.length;
    longest = Math.max(longest, content.length);
    told += bytes;
  }
  expect({ length, longest, told }).toEqual({ length: 64 << 20, longest: 1 << 20, told: packed.length });
});

it('lets go of a file that is not read to its end', () => {
  const path = fileOf('zeros.gz', gzipSync(Buffer.alloc(8 << 20)));
  for (const { content } of readPieces(path)) {
    expect(content.length).toBeGreaterThan(0);
    break;
  }
  expect(read(path).content.length).toBe(8 << 20);
});

const packed = gzipSync('some text that is long enough to be cut somewhere in the middle');
it.each([
  { case: 'is not packed', content: Buffer.from('user,item\n'), reason: 'incorrect header check' },
  { case: 'ends too early', content: packed.subarray(0, packed.length - 12), reason: 'unexpected end of file' },
  { case: 'has another check sum', content: Buffer.from(packed).fill(0, packed.length - 8), reason: 'incorrect data' },
])('tells of a .gz file that $case', ({ content, reason }) => {
  const path = fileOf('log.csv.gz', content);
  expect(() => read(path)).toThrow(
    expect.objectContaining({ kind: 'data', where: path, message: expect.stringContaining(reason) }),
  );
});

it('tells of a .gz file that is not there', () => {
  const path = join(temporaryFolder(), 'none.gz');
  expect(() => read(path)).toThrow(expect.objectContaining({ kind: 'data', message: 'there is no such file' }));
});
