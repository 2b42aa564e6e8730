import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InteractionsSpec } from '../../src/core/source-spec.js';
import { newTally, openTable, type TableRow, type Tally } from '../../src/sources/table.js';
import { temporaryFolder } from '../store/fixtures.js';

interface Read {
  rows: TableRow[];
  rejects: { line: number; reason: string; text: string }[];
  tally: Tally;
}

function readFile(path: string, columns: readonly string[]): Read {
  const tally = newTally();
  const rejects: Read['rejects'] = [];
  const spec = InteractionsSpec.parse({ file: 'log', format: 'json-lines', columns: { user: 'u', item: 'i' } });
  const { table } = openTable(path, spec, tally, ({ line }, reason, text) => rejects.push({ line, reason, text }));
  for (const column of columns) table.column(column);
  try {
    return { rows: [...table.rows()], rejects, tally };
  } finally {
    table.close();
  }
}

function read(content: string | Uint8Array, columns: readonly string[]): Read {
  const path = join(temporaryFolder(), 'log.json');
  writeFileSync(path, content);
  return readFile(path, columns);
}

it.each([
  ['{"x": "a|b"}', 'x', 'a|b'],
  ['{"x": 5.0}', 'x', '5.0'],
  ['{"x": -1.50E+3}', 'x', '-1.50E+3'],
  ['{"x": 12345678901234567890}', 'x', '12345678901234567890'],
  ['{"n": "\\"x\\": 7, 1", "x": 0.10}', 'x', '0.10'],
  ['{"x": ["a", 1.0, true, null]}', 'x', 'a|1.0|true|'],
  ['{"x": []}', 'x', ''],
  ['{"x": null}', 'x', ''],
  ['{"y": 1}', 'x', ''],
  ['{"x": {"y": {"z": 3.00}}}', 'x.y.z', '3.00'],
  ['{"x.y": "the key itself", "x": {"y": "inside"}}', 'x.y', 'the key itself'],
  ['{"x": [{"y": 1}]}', 'x.y', ''],
  ['{"__proto__": "own"}', '__proto__', 'own'],
  ['{"x": "a"}', 'constructor', ''],
])('reads %s by %s as %j', (line, column, value) => {
  const has = { [column]: 'so that some line has the key' };
  const first = JSON.stringify(column === '__proto__' ? {} : has);
  expect(read(`${first}\n${line}\n`, [column]).rows[1]?.fields[0]).toBe(value);
});

it.each([
  ['{"x": "a"', 'not JSON'],
  ["{'x': 'a'}", 'not JSON'],
  ['{1: 2}', 'not JSON'],
  ['{"x": 01}', 'not JSON'],
  ['["x"]', 'not a JSON object'],
  ['null', 'not a JSON object'],
  ['{"x": {"y": 1}}', 'x is neither a text nor a number, nor a list of these'],
  ['{"x": [{"y":1}]}', 'x is neither a text nor a number, nor a list of these'],
  ['{"x": "\0"}', 'NUL byte'],
])('rejects %s: %s', (line, reason) => {
  const { rows, rejects, tally } = read(`{"x":"a"}\n${line}\n{"x":"b"}`, ['x']);
  expect(rows.map((row) => [row.line, row.fields])).toEqual([
    [1, ['a']],
    [3, ['b']],
  ]);
  expect(rejects).toEqual([{ line: 2, reason, text: line }]);
  expect(tally.rejects).toBe(0); // the caller counts: it may reject more
});

it('accounts for every line of any bytes: a row, a reject or an empty line, each JSON object a row', () => {
  const bits = fc.constantFrom(...['{', '}', '"x"', ':', '1', '1.5', '"', '\\', ',', '[', ']', ' ', 'null', '\0', 'é']);
  const line = fc.oneof(
    fc.record({ x: fc.jsonValue({ maxDepth: 1 }) }).map((value) => Buffer.from(JSON.stringify(value))),
    fc.array(bits, { maxLength: 8 }).map((some) => Buffer.from(some.join(''))),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (lines, ended) => {
      const all = [Buffer.from('{"x":"first"}'), ...lines];
      const content = Buffer.concat(all.flatMap((bytes) => [bytes, Buffer.from('\n')]));
      const { rows, rejects, tally } = read(ended ? content : content.subarray(0, -1), ['x']);
      const last = all.at(-1) as Buffer;
      const count = all.length - (!ended && last.length === 0 ? 1 : 0); // an end without a line
      expect(rows.length + rejects.length + tally.emptyLines).toBe(count);
      expect(rows.map(({ line: number }) => number)).toEqual(
        all.flatMap((bytes, index) => (isRow(bytes) ? [index + 1] : [])),
      );
    }),
    { numRuns: 500 },
  );
});

/** The definition: UTF-8 without NUL that JSON.parse reads as an object, whose x is a text, a number, a truth, null or a list of these. */
function isRow(line: Buffer): boolean {
  const bytes = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as { x?: unknown } | null;
    if (typeof value !== 'object' || value === null || Array.isArray(value) || text.includes('\0')) return false;
    return (Array.isArray(value.x) ? value.x : [value.x]).every((part) => typeof part !== 'object' || part === null);
  } catch {
    return false;
  }
}

it('gives back any text and any number that was written, whatever stands beside it', () => {
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.maxSafeInteger());
  const value = fc.oneof(fc.string({ unit: 'binary' }), number);
  fc.assert(
    fc.property(fc.array(fc.tuple(value, fc.jsonValue()), { minLength: 1, maxLength: 5 }), (rows) => {
      const text = rows.map(([x, other]) => `${JSON.stringify({ a: other, x, b: other })}\n`).join('');
      const fields = read(text, ['x']).rows.map((row) => row.fields[0]);
      expect(fields).toEqual(rows.map(([x]) => (typeof x === 'string' ? x : JSON.stringify(x))));
    }),
    { numRuns: 200 },
  );
});

it('reads a packed file as it reads the same file unpacked', () => {
  const folder = temporaryFolder();
  const any = fc.oneof(
    fc.record({ x: fc.string() }).map((row) => JSON.stringify(row)),
    fc.string({ unit: fc.constantFrom('{', '"', '\r', '\n', 'x') }),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (lines) => {
      const content = `{"x":"first"}\n${lines.join('\n')}`;
      writeFileSync(join(folder, 'log.json'), content);
      writeFileSync(join(folder, 'log.json.gz'), gzipSync(content));
      const [plain, packed] = ['log.json', 'log.json.gz'].map((name) => readFile(join(folder, name), ['x'])) as [
        Read,
        Read,
      ];
      expect({ ...packed, tally: { ...packed.tally, bytes: 0 } }).toEqual({
        ...plain,
        tally: { ...plain.tally, bytes: 0 },
      });
      expect(packed.tally.bytes).toBe(gzipSync(content).length);
    }),
    { numRuns: 25 },
  );
});

it.each([
  {
    case: 'a key that no line has, with the near one',
    content: '{"summary":1}\n',
    column: 'summry',
    error: /no row has the key "summry"/,
  },
  { case: 'an empty file', content: '', column: 'x', error: /the file is empty/ },
  {
    case: 'a file that is no JSON lines',
    content: 'a,b\n1,2\n',
    column: 'x',
    error: /no row of the file is a JSON object: not JSON/,
  },
])('tells of $case', ({ content, column, error }) => {
  expect(() => read(content, [column])).toThrow(
    expect.objectContaining({ kind: 'data', message: expect.stringMatching(error) }),
  );
});

it('reads a byte order mark as no part of the first line', () => {
  expect(read('\ufeff{"x":"a"}\n', ['x'])).toMatchObject({ rows: [{ fields: ['a'] }], rejects: [] });
});
