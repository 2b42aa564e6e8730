import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprint } from '../../src/core/fingerprint.js';
import { SPLITS } from '../../src/core/instruction.js';
import { instructionsOf, MadeRow, madeRows } from '../../src/core/made-row.js';
import { instruction } from '../store/fixtures.js';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', '\ud800', 'x'.repeat(9000)));
const anyRanges = fc.array(fc.tuple(fc.nat(2 ** 31 - 1), fc.nat(99)), { maxLength: 90 });
const anyInstruction = fc
  .record({
    split: fc.constantFrom(...SPLITS),
    userId: anyText,
    label: fc.constantFrom(true, false, null),
    prompt: anyText,
    instruction: anyText,
    input: anyText,
    choices: fc.option(fc.array(anyText)),
    candidates: fc.option(fc.array(anyText)),
    values: anyRanges,
    history: anyRanges,
    historyLabels: fc.array(fc.constantFrom(true, false, null), { maxLength: 90 }),
    historyInteractions: fc.array(fc.nat(2 ** 32 - 1), { maxLength: 90 }),
    parentRow: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ parentRow, ...change }) => instruction(7, parentRow === undefined ? change : { ...change, parentRow }));

it('gives back any instructions, one after the other in the same place', () => {
  fc.assert(
    fc.property(fc.array(anyInstruction, { maxLength: 5 }), (all) => {
      expect([...instructionsOf(madeRows(all))]).toEqual(all);
    }),
  );
});

it('tells of a prompt what is told of the text, byte by byte', () => {
  const row = new MadeRow();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), fc.nat(30), (prompt, begin, more) => {
      row.set(instruction(0, { prompt }));
      const bytes = Buffer.from(prompt);
      expect(row.length).toBe(bytes.length);
      expect({ ...row.fingerprint() }).toEqual({ ...fingerprint(prompt) });
      const end = Math.min(bytes.length, begin + more);
      expect(row.part(begin, end)).toBe(bytes.toString('utf8', begin, end));
      expect(row.part(begin)).toBe(bytes.toString('utf8', begin));
      for (const length of [0, 1, more]) {
        const text = Uint8Array.from(bytes.subarray(begin, begin + length));
        expect(row.holdsAt(new DataView(text.buffer), begin, bytes.length)).toBe(begin + text.length <= bytes.length);
        if (length === 0 || text.length < length) continue;
        expect(row.holdsAt(new DataView(text.buffer), begin, begin + length - 1)).toBe(false);
        text[more % length] = (text[more % length] as number) ^ 1;
        expect(row.holdsAt(new DataView(text.buffer), begin, bytes.length)).toBe(false);
      }
      for (let place = 0; place <= bytes.length + 3; place++)
        expect(row.isMiddle(place)).toBe(place < bytes.length && ((bytes[place] as number) & 0xc0) === 0x80);
    }),
  );
});
