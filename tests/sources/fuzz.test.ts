import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { InteractionsSpec } from '../../src/core/source-spec.js';
import { packageRoot } from '../../src/platform/files.js';
import { guessLog } from '../../src/sources/guess/guess-log.js';
import { newTally, openTable, type TableRow } from '../../src/sources/table.js';
import { temporaryFolder } from '../store/fixtures.js';

// Ten seconds of all formats together in a normal run; RECTUNE_FUZZ_SECONDS for longer ones (a minute in .ci/run).
const SECONDS = Number(process.env.RECTUNE_FUZZ_SECONDS ?? 10);
const seed = Number(process.env.RECTUNE_FUZZ_SEED ?? 1);

const CSV = 'user,item,stars,note\nu1,i1,5,"a, ""b"""\n"u\n2",i2,4,\r\n\nu3,i3,1,é\n';
const LINES =
  '{"user":"u1","item":1.0,"note":["a","b"]}\n{"user":"u2","item":"x\\n","note":null}\n\n{"user":"u3","item":{"a":1}}\n';
const ARRAY = '[\n{"user":"u1","item":1},\n{"user":"u2","item":"[\\"]"}, {"user":"u3",\n "item":[1,[2]]}\n]\n';
const PYTHON = `{'user': 'u1', 'item': 1, 'note': "it's"}\n{'user': u'u\\xe9', 'item': (1, 2), 'note': None}\n{"user": "u3", "item": "x"}\n`;
const SHOWN = '1\tu1\tt\tN1 N2\tN1-0 N2-1\n2\tu2\tt\t\tN3-1\n';

const columns = { user: 'user', item: 'item' };
const FORMATS = [
  { name: 'CSV', begin: CSV, spec: { columns } },
  { name: 'CSV without a header', begin: CSV, spec: { header: false, columns: { user: 0, item: 1 } } },
  { name: 'CSV with a header or without', begin: CSV, spec: { header: 'auto', columns: { user: 0, item: 1 } } },
  { name: 'CSV with escaped quotes', begin: CSV.replaceAll('""', '\\"'), spec: { escape: '\\', columns } },
  { name: 'latin-1 without quotes', begin: CSV, spec: { encoding: 'latin-1', quote: 'none', columns } },
  { name: 'UTF-16', begin: Buffer.from(`\ufeff${CSV}`, 'utf16le'), spec: { encoding: 'utf-16', columns } },
  { name: 'CSV with :: between', begin: CSV.replaceAll(',', '::'), spec: { delimiter: '::', columns } },
  { name: 'JSON lines', begin: LINES, spec: { format: 'json-lines', columns } },
  {
    name: 'JSON lines with lists',
    begin: LINES.replaceAll('"note":', '"n":[{"note":1}],"note":'),
    spec: { format: 'json-lines', each: 'n', columns },
  },
  { name: 'JSON array', begin: ARRAY, spec: { format: 'json', columns } },
  { name: 'Python dictionaries', begin: PYTHON, spec: { format: 'python-lines', columns } },
  {
    name: 'sequences',
    begin: 'u1 a b\n\nu2 c\n',
    spec: { format: 'sequences', delimiter: ' ', columns: { user: 0, item: 1 } },
  },
  {
    name: 'impressions',
    begin: SHOWN,
    spec: { format: 'impressions', delimiter: '\t', header: false, quote: 'none', columns: { user: 1, item: 4 } },
  },
];

/** Bytes of a file with a few things wrong: put in, taken out, changed, moved, joined; or no such file at all. */
function damaged(begin: Uint8Array): fc.Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc
      .constantFrom(
        '"',
        "'",
        '\n',
        '\r',
        '\r\n',
        ',',
        '{',
        '}',
        '[',
        ']',
        '\\',
        '\0',
        '\ufeff',
        '""',
        '"\n',
        ':',
        ' ',
        '\ud83d',
      )
      .map((text) => Buffer.from(text)),
  );
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), out: fc.nat({ max: 20 }), put: piece });
  const mutated = fc.array(change, { maxLength: 6 }).map((changes) => {
    let bytes = Buffer.from(begin);
    for (const { at, out, put } of changes) {
      const place = Math.floor(at * bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + out)]);
    }
    return bytes;
  });
  const repeated = fc
    .tuple(mutated, fc.integer({ min: 1, max: 40 }))
    .map(([bytes, times]) => Buffer.concat(Array<Buffer>(times).fill(bytes)));
  return fc.oneof(
    { weight: 6, arbitrary: mutated },
    { weight: 2, arbitrary: repeated },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  );
}

/** What a file gave: rows, rejects and empty lines, or an error that a person can act on. */
function read(path: string, spec: object) {
  const parsed = InteractionsSpec.parse({ file: 'x', ...spec });
  const tally = newTally();
  const rejects: { line: number; offset: number | null; reason: string }[] = [];
  const rows: TableRow[] = [];
  const reject = (place: { line: number; offset: number | null }, reason: string) => {
    tally.rejects += 1;
    rejects.push({ ...place, reason });
  };
  try {
    const { table } = openTable(path, parsed, tally, reject);
    try {
      const [user, item] = [table.column(parsed.columns.user), table.column(parsed.columns.item)];
      for (const row of table.rows()) {
        expect(typeof row.fields[user]).toBe('string');
        expect(typeof row.fields[item]).toBe('string');
        rows.push(row);
      }
    } finally {
      table.close();
    }
    return { rows, rejects, tally, error: undefined };
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    return { rows, rejects, tally, error };
  }
}

describe.each(FORMATS)('bytes of $name, damaged in any way', ({ begin, spec }) => {
  it('are read without a crash or a hang, and every row is kept, rejected or empty', () => {
    const path = join(temporaryFolder(), 'x');
    const bytes = typeof begin === 'string' ? Buffer.from(begin) : begin;
    fc.assert(
      fc.property(damaged(bytes), (content) => {
        writeFileSync(path, content);
        const { rows, rejects, tally, error } = read(path, spec);
        if (error) return;
        expect(tally.bytes).toBe(content.length);
        expect(rejects).toHaveLength(tally.rejects);
        // Rows and rejects come in the order of the file, and none begins behind its end.
        for (const list of [rows, rejects]) {
          for (const [i, { line, offset }] of list.entries()) {
            expect(offset).toBeLessThan(content.length);
            if (i > 0) expect(line).toBeGreaterThanOrEqual(list[i - 1]?.line ?? 0);
          }
        }
        // Where a row stands in the log is its own: no two rows share it.
        const places = rows.map(({ line, index }) => index ?? line);
        for (const [i, place] of places.entries()) if (i > 0) expect(place).toBeGreaterThan(places[i - 1] ?? 0);
        accountedFor(content, spec, rows, rejects, tally.emptyLines);
      }),
      {
        interruptAfterTimeLimit: (1000 * SECONDS) / FORMATS.length,
        numRuns: 1_000_000,
        markInterruptAsFailure: false,
        seed,
      },
    );
  }, 600_000);
});

/** Of formats with a row a line each line that is not empty is a row, part of one, a reject or the header. */
function accountedFor(
  content: Uint8Array,
  spec: object,
  rows: readonly { line: number }[],
  rejects: readonly { line: number }[],
  empty: number,
): void {
  const { format = 'delimited', each, quote, header } = spec as Record<string, unknown>;
  const isPlain = format === 'delimited' && quote === 'none';
  if (
    each !== undefined ||
    !(isPlain || ['json-lines', 'python-lines', 'sequences', 'impressions'].includes(String(format)))
  )
    return;
  if (content[0] === 0xff || content[0] === 0xfe) return; // may be UTF-16
  const text = Buffer.from(content).toString('latin1');
  const ends = !text.slice(0, 1 << 16).includes('\n') && text.includes('\r') ? '\r' : '\n';
  const lines = text.split(ends).length - (text.endsWith(ends) || text === '' ? 1 : 0);
  const told = new Set([...rows, ...rejects].map(({ line }) => line));
  expect(told.size + empty + (isPlain && header !== false ? 1 : 0)).toBe(lines);
}

it('does not fall over lists in lists, however many', () => {
  const path = join(temporaryFolder(), 'x');
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  for (const format of ['json-lines', 'python-lines', 'json']) {
    writeFileSync(
      path,
      format === 'json' ? `[{"user":"u","item":${deep}}]` : `{"user":"u","item":${deep}}\n{"user":"u","item":"i"}\n`,
    );
    const { rows, rejects, error } = read(path, { format, columns });
    expect(rows.length + rejects.length + (error ? 1 : 0)).toBeGreaterThan(0);
  }
});

it('guesses how any file is read, or says that it cannot', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'log.csv');
  const any = fc.oneof(...FORMATS.map(({ begin }) => damaged(typeof begin === 'string' ? Buffer.from(begin) : begin)));
  fc.assert(
    fc.property(any, (content) => {
      writeFileSync(path, content);
      try {
        const [first, second] = [guessLog(folder, 'log.csv'), guessLog(folder, 'log.csv')];
        expect(first.yaml).toBe(second.yaml);
      } catch (error) {
        if (!(error instanceof RectuneError)) throw error;
      }
    }),
    { interruptAfterTimeLimit: (1000 * SECONDS) / 10, numRuns: 1_000_000, markInterruptAsFailure: false, seed },
  );
}, 600_000);

it('unpacks a damaged .gz or .zst to an error or to what is in it, never to a crash', () => {
  const zst = Buffer.from('KLUv/QRosQAAdXNlcixpdGVtCnUxLGkxCnUyLGkyCnNKfo8=', 'base64');
  for (const [name, packed] of [
    ['x.csv.zst', zst],
    ['x.csv.gz', gzipSync(CSV)],
  ] as const) {
    const path = join(temporaryFolder(), name);
    fc.assert(
      fc.property(damaged(packed), (content) => {
        writeFileSync(path, content);
        read(path, { columns });
      }),
      { interruptAfterTimeLimit: (1000 * SECONDS) / 10, numRuns: 1_000_000, markInterruptAsFailure: false, seed },
    );
  }
}, 600_000);

it('runs for a minute where all tests are run', () => {
  expect(readFileSync(join(packageRoot(), '.ci', 'run'), 'utf8')).toContain('RECTUNE_FUZZ_SECONDS=60');
});
