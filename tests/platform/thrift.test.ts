import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readThrift, type ThriftField } from '../../src/platform/thrift-reader.js';
import { i32, i64, list, struct, type ThriftValue, text, thriftBytes } from '../../src/platform/thrift-writer.js';

/** A value, and what it is when it is read. */
type Both = { readonly written: ThriftValue; readonly read: ThriftField };

const number = fc
  .integer({ min: -(2 ** 52), max: 2 ** 52 })
  .map((value): Both => ({ written: i64(value), read: value }));
const small = fc.integer().map((value): Both => ({ written: i32(value), read: value }));
const words = fc
  .string({ unit: 'grapheme' })
  .map((value): Both => ({ written: text(value), read: new Uint8Array(Buffer.from(value, 'utf8')) }));
const { value: anyValue } = fc.letrec<{ value: Both }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    number,
    small,
    words,
    fc.array(words, { maxLength: 20 }).map((all): Both => {
      const written = list(
        'binary',
        all.map((one) => one.written),
      );
      return { written, read: all.map(({ read }) => read) };
    }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 15 }), tie('value')), { maxLength: 4 }).map((fields): Both => {
      const places = fields.map(([step, value], i) => {
        const id = fields.slice(0, i + 1).reduce((sum, [one]) => sum + one, 0);
        return { id, value, step };
      });
      return {
        written: struct(...places.map(({ id, value }) => [id, value.written] as const)),
        read: new Map(places.map(({ id, value }) => [id, value.read])),
      };
    }),
  ),
}));

it('reads again any struct that was written, and where it ends', () => {
  fc.assert(
    fc.property(anyValue, fc.uint8Array({ maxLength: 3 }), ({ written, read }, more) => {
      const bytes = thriftBytes([[1, written]]);
      const { fields, end } = readThrift(Buffer.concat([bytes, more]));
      expect(end).toBe(bytes.length);
      expect(plain(fields)).toEqual(plain(new Map([[1, read]])));
    }),
  );
});

it('reads or refuses any bytes, and never reads beyond them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(readThrift(bytes).end).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 500 },
  );
});

/** Bytes as numbers, whatever class they have. */
function plain(field: ThriftField): unknown {
  if (field instanceof Uint8Array) return [...field];
  if (Array.isArray(field)) return field.map(plain);
  return field instanceof Map ? [...field].map(([id, one]) => [id, plain(one)]) : field;
}
