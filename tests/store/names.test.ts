import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Names } from '../../src/store/names.js';
import { unpackNumbers } from '../../src/store/number-column.js';

const NAMES = ['', 'a', 'b', '"', '\u00ef'];
const anyRow = fc.record({ name: fc.nat(NAMES.length - 1), isNumbered: fc.boolean() });
const anyBlock = fc.oneof(
  fc.array(anyRow, { minLength: 1, maxLength: 20 }),
  fc.array(fc.record({ name: fc.nat(NAMES.length - 1), isNumbered: fc.constant(true) }), {
    minLength: 1,
    maxLength: 20,
  }),
);

it('holds each name of a block once, whether it comes with a number or not', () => {
  const names = new Names(20);
  const numbers = [7, 5000, 0, 31, 6]; // of the names
  fc.assert(
    fc.property(fc.array(anyBlock), (blocks) => {
      for (const block of blocks) {
        const expected: string[] = [];
        block.forEach(({ name, isNumbered }, row) => {
          const text = NAMES[name] as string;
          const isNew = !expected.includes(text);
          expect(names.set(row, text, isNumbered ? numbers[name] : undefined)).toBe(isNew);
          if (isNew) expected.push(text);
        });
        const { all, of } = names.take('all', 'of', block.length);
        expect(JSON.parse(all)).toEqual(expected);
        expect([...unpackNumbers(of, block.length)]).toEqual(
          block.map(({ name }) => expected.indexOf(NAMES[name] as string)),
        );
      }
    }),
  );
});
