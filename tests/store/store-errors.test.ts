import { expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { storeError, translated } from '../../src/store/store-errors.js';

const thrown = (code: string) => Object.assign(new Error('words of SQLite'), { code });

it.each([
  { code: 'SQLITE_BUSY_SNAPSHOT', what: /locked/ },
  { code: 'SQLITE_FULL', what: /no room/ },
  { code: 'SQLITE_READONLY_DBMOVED', what: /cannot be written/ },
  { code: 'SQLITE_IOERR_WRITE', what: /cannot be read or written/ },
  { code: 'SQLITE_CORRUPT', what: /damaged/ },
])('tells of $code with what, where and fix', ({ code, what }) => {
  const error = storeError(thrown(code), 'a/store.db');
  expect(error).toMatchObject({ kind: 'data', where: 'a/store.db', message: expect.stringMatching(what) });
  expect((error as RectuneError).fix).not.toBe('');
});

it('leaves what is our bug as it is', () => {
  for (const error of [thrown('SQLITE_CONSTRAINT_UNIQUE'), new Error('x'), undefined]) {
    expect(storeError(error, 'a')).toBe(error);
  }
});

it('translates errors of calls and of rows that come one by one', () => {
  class Part {
    readonly #full = thrown('SQLITE_FULL');
    save(): void {
      throw this.#full;
    }
    *rows() {
      yield 1;
      throw this.#full;
    }
  }
  const part = translated(new Part(), 'a', () => {});
  expect(() => part.save()).toThrow(RectuneError);
  const read: number[] = [];
  expect(() => {
    for (const row of part.rows()) read.push(row);
  }).toThrow(RectuneError);
  expect(read).toEqual([1]);
});
