import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteText } from '../../src/platform/byte-text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
  fc.constantFrom('\ud800', 'a\udfffb', '\n\t"\\\u007f', '\u2028'),
);
const anyNumber = fc.oneof(
  fc.nat(),
  fc.nat(2000),
  fc.constantFrom(0, 9, 10, 999_999_999, 1e9, Number.MAX_SAFE_INTEGER),
);

it('gives the bytes of the same text made of strings, whatever is put down and however often it begins anew', () => {
  const to = new ByteText();
  const anyPiece = fc.oneof(
    anyText.map((text) => ({ put: () => to.text(text), text })),
    anyText.map((text) => ({ put: () => to.json(text), text: JSON.stringify(text) })),
    anyNumber.map((value) => ({ put: () => to.number(value), text: String(value) })),
    fc.nat(127).map((code) => ({ put: () => to.byte(code), text: String.fromCharCode(code) })),
  );
  fc.assert(
    fc.property(fc.array(anyPiece), (pieces) => {
      to.clear();
      for (const piece of pieces) piece.put();
      // Piece by piece, for two halves of a character that meet are two halves all the same.
      const expected = Buffer.concat(pieces.map(({ text }) => Buffer.from(text)));
      expect(Buffer.from(to.bytes)).toEqual(expected);
      expect(to.takeText()).toBe(expected.toString());
      expect(to.length).toBe(0);
    }),
  );
});

it('holds a text longer than its first room', () => {
  const to = new ByteText();
  const text = 'é"\n'.repeat(400_000);
  to.json(text);
  expect(Buffer.from(to.bytes).toString()).toBe(JSON.stringify(text));
});
