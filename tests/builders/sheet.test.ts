import fc from 'fast-check';
import { expect, it } from 'vitest';
import { literal, Sheet } from '../../src/builders/sheet.js';
import { fingerprint } from '../../src/core/fingerprint.js';
import { madeText, rememberText } from '../../src/core/made-text.js';
import { utf8Length } from '../../src/core/utf8-length.js';
import { ByteText } from '../../src/platform/byte-text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary-ascii' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '"Alien" (1979)',
    '\\',
    '\n',
    '\u0000\u007f',
    '\ud800',
    '\udfac',
    'été',
    'x'.repeat(9000),
    '"'.repeat(3000),
  ),
);

it('remembers a text in the forms that are asked for next, and each is what is made of the text alone', () => {
  const sheet = new Sheet();
  const forms = (text: string) => {
    const to = new ByteText();
    to.json(text);
    fingerprint('another');
    return { json: Buffer.from(to.bytes).toString(), length: utf8Length(text), fingerprint: { ...fingerprint(text) } };
  };
  const anyPieces = fc.array(fc.record({ text: anyText, isLiteral: fc.boolean() }), { maxLength: 6 });
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      sheet.begin();
      for (const { text, isLiteral } of pieces) isLiteral ? sheet.literal(literal(text)) : sheet.value(text);
      const text = sheet.text();
      expect(text).toBe(pieces.map((piece) => Buffer.from(piece.text).toString()).join(''));
      sheet.remember(text, []);
      const made = forms(text);
      rememberText(undefined);
      expect(made).toEqual(forms(text));
      expect(made.json).toBe(JSON.stringify(text));
    }),
  );
});

it('forgets a text when its bytes are used for the next one, and not when another sheet is', () => {
  const [sheet, other] = [new Sheet(), new Sheet()];
  sheet.begin();
  sheet.value('one');
  sheet.remember(sheet.text(), []);
  other.begin();
  other.value('two');
  expect(madeText().text).toBe('one');
  sheet.begin();
  expect(madeText().text).toBe('');
});
