import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parquetFile } from '../../../src/builders/export/parquet.js';
import { readParquet } from './parquet-reader.js';

const COLUMNS = { words: 'text', place: 'whole', liked: 'flag', more: 'text' } as const;
const anyText = fc.string({ unit: 'grapheme' });
const anyRow = fc.record({
  words: anyText,
  place: fc.maxSafeInteger(),
  liked: fc.option(fc.boolean()),
  more: anyText,
});

describe('parquetFile', () => {
  it('gives back any rows to a reader that knows only the format', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 40 }), (rows) => {
        expect(readParquet(Buffer.concat([...parquetFile(COLUMNS, rows)]))).toEqual(rows);
      }),
    );
  });

  it('gives back rows of several groups, nulls at their edges among them', () => {
    const rows = Array.from({ length: 120_001 }, (_, place) => ({
      words: `row ${place}`,
      place,
      liked: place % 3 === 0 ? null : place % 2 === 0,
      more: '',
    }));
    expect(readParquet(Buffer.concat([...parquetFile(COLUMNS, rows)]))).toEqual(rows);
  });

  it('writes a group as soon as its text is long, without asking for all rows', () => {
    let asked = 0;
    function* long() {
      for (let place = 0; place < 100; place++) {
        asked += 1;
        yield { words: 'x'.repeat(1 << 22), place, liked: true, more: '' };
      }
    }
    const pieces = parquetFile(COLUMNS, long());
    pieces.next(); // the mark at the beginning
    pieces.next();
    expect(asked).toBe(8);
  });
});
