import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import type { LogColumns } from '../../src/core/log-columns.js';
import { LogFile, LogFileWriter } from '../../src/store/log-file.js';
import { readParquet } from '../builders/export/parquet-reader.js';
import { temporaryFolder } from './fixtures.js';

interface Row {
  readonly user: number;
  readonly item: number;
  readonly rating: number | null;
  readonly timestamp: number | null;
  readonly line: number;
}

const anyRows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      user: fc.nat(),
      item: fc.nat(3),
      rating: fc.option(fc.double({ noNaN: true }), { freq: 3 }),
      timestamp: fc.option(fc.maxSafeInteger().map(Math.abs), { freq: 3 }),
      step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1e6 })),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) => {
    let line = 0;
    return rows.map(({ step, ...row }) => {
      line += step;
      return { ...row, line };
    });
  });
const withoutRatings = anyRows.map((rows) => rows.map((row) => ({ ...row, rating: null })));
const withAll = anyRows.map((rows) => rows.map((row) => ({ ...row, rating: row.rating ?? 1, timestamp: row.line })));
const anyLog = fc.oneof(anyRows, withoutRatings, withAll);

function columnsOf(rows: readonly Row[]): LogColumns {
  return {
    size: rows.length,
    users: Uint32Array.from(rows, ({ user }) => user),
    items: Uint32Array.from(rows, ({ item }) => item),
    ratings: Float64Array.from(rows, ({ rating }) => rating ?? Number.NaN),
    timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp ?? Number.NaN),
    lines: Uint32Array.from(rows, ({ line }) => line),
    attributes: undefined,
  };
}

function rowsOf({ size, users, items, ratings, timestamps, lines }: LogColumns): Row[] {
  const orNull = (value: number | undefined) => (Number.isNaN(value) ? null : (value as number));
  return Array.from({ length: size }, (_, row) => ({
    user: users[row] as number,
    item: items[row] as number,
    rating: orNull(ratings[row]),
    timestamp: orNull(timestamps[row]),
    line: lines[row] as number,
  }));
}

/** Writes rows in groups of so many. */
function write(path: string, rows: readonly Row[], group: number): void {
  const writer = new LogFileWriter(path);
  for (let begin = 0; begin < rows.length; begin += group) writer.add(columnsOf(rows.slice(begin, begin + group)));
  writer.seal(path);
}

const read = (path: string): Row[] => [...new LogFile(path).columns()].flatMap(rowsOf);

describe('a file of interactions', () => {
  it('gives back any rows, to its own reader and to one that knows only the format', () => {
    const path = join(temporaryFolder(), 'log.parquet');
    fc.assert(
      fc.property(anyLog, fc.integer({ min: 1, max: 70 }), (rows, group) => {
        write(path, rows, group);
        expect(read(path)).toEqual(rows);
        expect(readParquet(readFileSync(path))).toEqual(rows);
      }),
    );
  });

  it('finds the rows among which a line is, whatever the groups', () => {
    const path = join(temporaryFolder(), 'log.parquet');
    fc.assert(
      fc.property(anyLog, fc.integer({ min: 1, max: 9 }), fc.nat(), (rows, group, other) => {
        write(path, rows, group);
        const file = new LogFile(path);
        const lines = [...rows.slice(0, 5), ...rows.slice(-2)].map(({ line }) => line);
        for (const line of [...lines, other, 0]) {
          const held = file.holding(line);
          const expected = rows.filter((row) => row.line === line);
          expect(held ? rowsOf(held).filter((row) => row.line === line) : []).toEqual(expected);
        }
        file.close();
      }),
    );
  });

  it('is read as it was or refused when bytes of it are wrong or its end is missing', () => {
    const path = join(temporaryFolder(), 'log.parquet');
    const rows = fc.sample(anyRows, { numRuns: 1, seed: 7 })[0] as Row[];
    write(path, rows, 4);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
        const damaged = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) damaged[at] = (damaged[at] as number) ^ change;
        writeFileSync(path, damaged);
        try {
          expect(read(path)).toEqual(rows);
          expect(cut).toBe(false);
        } catch (error) {
          if (!(error instanceof RectuneError)) throw error;
          expect(error).toMatchObject({ kind: 'data', where: path, fix: 'import the log again' });
        }
      }),
      { numRuns: 600 },
    );
  });

  it('says that a file is gone, and what to do', () => {
    const path = join(temporaryFolder(), 'log.parquet');
    const gone = { kind: 'data', message: 'there is no such file', where: path, fix: 'import the log again' };
    expect(() => new LogFile(path)).toThrow(expect.objectContaining(gone));
  });

  it('is not there before it is whole', () => {
    const path = join(temporaryFolder(), 'logs', 'log.parquet');
    const writer = new LogFileWriter(path);
    onTestFinished(() => writer.discard());
    writer.add(columnsOf([{ user: 0, item: 0, rating: 1, timestamp: null, line: 1 }]));
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });
});
