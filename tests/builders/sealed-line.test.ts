import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeLine } from '../../src/builders/sealed-line.js';
import { instructionLine } from '../../src/core/instruction.js';
import { MadeRow } from '../../src/core/made-row.js';
import { ByteText } from '../../src/platform/byte-text.js';
import { instruction } from '../store/fixtures.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.constantFrom('\u0122\u015c', 'a "title"\n\\'),
);
const anyRanges = fc.array(fc.tuple(fc.nat(999_999_999), fc.nat(999)));
const anyRow = fc.record({
  row: fc.nat(),
  userId: anyText,
  itemId: anyText,
  label: fc.constantFrom(true, false, null),
  prompt: anyText,
  answer: anyText,
  values: anyRanges,
  history: anyRanges,
  choices: fc.option(fc.array(anyText)),
  scored: fc.constantFrom('first-token', 'likelihood', null),
});
const anyOptions = fc.record({
  weights: fc.option(fc.record({ liked: fc.double({ noNaN: true }), disliked: fc.constant(0.1) }), { nil: undefined }),
  ownAnswers: fc.boolean(),
});

it('writes the JSON of the line of any instruction', () => {
  fc.assert(
    fc.property(anyRow, anyOptions, ({ row, ...change }, options) => {
      const made = instruction(row, change);
      const to = new ByteText();
      writeLine(to, new MadeRow().set(made), options);
      expect(Buffer.from(to.bytes).toString()).toBe(
        Buffer.from(`${JSON.stringify(instructionLine(made, options))}\n`).toString(),
      );
    }),
  );
});
