import fc from 'fast-check';
import { expect, it } from 'vitest';
import { literal, Sheet } from '../../src/builders/sheet.js';
import { ItemSnippets, Snippets } from '../../src/builders/snippets.js';
import { MadeRow } from '../../src/core/made-row.js';

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
const anyPieces = fc.array(
  fc.record({ text: anyText, as: fc.constantFrom('literal' as const, 'value' as const, 'snippet' as const) }),
  { maxLength: 6 },
);

it('holds a text, its JSON and its values, in whatever pieces they were put down', () => {
  const [sheet, aside, snippets] = [new Sheet(), new Sheet(), new Snippets()];
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      sheet.begin();
      for (const { text, as } of pieces) {
        if (as === 'literal') sheet.literal(literal(text));
        else if (as === 'value') sheet.value(text);
        else {
          aside.begin();
          aside.literal(literal('<'));
          aside.value(text);
          sheet.snippet(snippets, snippets.add(aside));
        }
      }
      const written = pieces.map(({ text, as }) => Buffer.from(as === 'snippet' ? `<${text}` : text));
      const text = Buffer.concat(written).toString();
      expect(sheet.text()).toBe(text);
      expect(`"${Buffer.from(sheet.json.subarray(0, sheet.jsonLength))}"`).toBe(JSON.stringify(text));
      const values = pieces.flatMap(({ text, as }, i) => {
        const end = Buffer.concat(written.slice(0, i + 1)).length;
        return as === 'literal' || text === '' ? [] : [[end - Buffer.byteLength(text), end]];
      });
      expect(sheet.valueRanges()).toEqual(values);
    }),
  );
});

it('makes the snippets of items again when they were forgotten for want of room', () => {
  const [sheet, aside] = [new Sheet(), new Sheet()];
  const textOf = (item: number): string => `"${String(item).repeat(item + 1)}"`;
  fc.assert(
    fc.property(fc.nat(200), fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 40 }), (most, asked) => {
      const snippets = new Snippets(most);
      const [twice, once] = [2, 1].map(
        (times) =>
          new ItemSnippets(snippets, 10, (item) => {
            aside.begin();
            for (let i = 0; i < times; i++) aside.value(textOf(item));
            return aside;
          }),
      ) as [ItemSnippets, ItemSnippets];
      sheet.begin();
      for (const [isTwice, item] of asked) sheet.snippet(snippets, (isTwice ? twice : once).of(item));
      const pieces = asked.flatMap(([isTwice, item]) => (isTwice ? [item, item] : [item]).map(textOf));
      expect(sheet.text()).toBe(pieces.join(''));
      expect(sheet.valueRanges().map(([begin, end]) => sheet.text().slice(begin, end))).toEqual(pieces);
    }),
  );
});

it('gives a row its text and values', () => {
  const sheet = new Sheet();
  const row = new MadeRow();
  fc.assert(
    fc.property(fc.array(anyText), (texts) => {
      sheet.begin();
      for (const text of texts) sheet.value(text);
      const shown: number[] = [];
      sheet.giveTo(row, shown);
      expect(row.prompt()).toBe(sheet.text());
      expect(row.instruction().values).toEqual(sheet.valueRanges());
      expect([row.historyCount, shown]).toEqual([0, []]);
    }),
  );
});
