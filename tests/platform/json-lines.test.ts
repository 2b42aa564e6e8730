import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { writeSealed } from '../../src/platform/files.js';
import { jsonLines, toJsonLines } from '../../src/platform/json-lines.js';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rectune-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'file.jsonl');
}

it('reads back any values, with their lines', () => {
  const path = temporary();
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (values) => {
      writeSealed(path, toJsonLines(values));
      const read = [...jsonLines(path)];
      const expected = values.map((value, index) => ({ line: index + 1, value: JSON.parse(JSON.stringify(value)) }));
      expect(read.map(({ line, value }) => ({ line, value }))).toEqual(expected);
      const bytes = readFileSync(path);
      for (const { value, place } of read) {
        const own = bytes.subarray(place.begin, place.begin + place.length).toString();
        expect(own).toBe(`${JSON.stringify(value)}\n`);
      }
    }),
    { numRuns: 50 },
  );
});

it('ends a line at a newline only, skips empty ones, and takes a last line without a newline', () => {
  const path = temporary();
  writeFileSync(path, '\ufeff"a\u2028b"\r\n\n  \n{"c":1}');
  expect([...jsonLines(path)]).toEqual([
    { line: 1, value: 'a\u2028b', place: { begin: 0, length: 12 } },
    { line: 4, value: { c: 1 }, place: { begin: 16, length: 8 } },
  ]);
});

it('joins a line that is longer than a chunk', () => {
  const path = temporary();
  const long = 'é'.repeat(1_500_000);
  writeFileSync(path, `1\n${JSON.stringify(long)}\n2\n`);
  expect([...jsonLines(path)].map(({ value }) => value)).toEqual([1, long, 2]);
});

it.each([
  { case: 'a torn line', bytes: Buffer.from('{"a":1}\n{"a":') },
  { case: 'bytes that are not UTF-8', bytes: Buffer.from([0x31, 0x0a, 0x22, 0xe9, 0x22, 0x0a]) },
])('names file and line of $case', ({ bytes }) => {
  const path = temporary();
  writeFileSync(path, bytes);
  expect(() => [...jsonLines(path)]).toThrow(expect.objectContaining({ kind: 'data', where: `${path}:2` }));
});
