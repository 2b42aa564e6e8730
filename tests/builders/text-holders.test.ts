import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Questions } from '../../src/builders/leaks/questions.js';
import { codeOf, type Named, namedBy, RowOfLine } from '../../src/builders/leaks/row-code.js';
import { TextHolders } from '../../src/builders/leaks/text-holders.js';
import { fingerprint } from '../../src/core/fingerprint.js';
import { SPLITS } from '../../src/core/instruction.js';
import { instruction } from '../store/fixtures.js';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('a', 'b', 'ab', 'ba', ''));

it('remembers the holder of each text as a map would', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText, fc.nat(), fc.boolean()), { maxLength: 300 }), (steps) => {
      const holders = new TextHolders();
      const plain = new Map<string, number>();
      for (const [text, holder, sets] of steps) {
        if (sets) {
          holders.set(fingerprint(text), holder);
          plain.set(text, holder);
        } else {
          expect(holders.heldBefore(fingerprint(text), holder)).toBe(plain.get(text));
          if (!plain.has(text)) plain.set(text, holder);
        }
        expect(holders.of(fingerprint(text))).toBe(plain.get(text));
      }
    }),
  );
});

it('tells a hundred thousand prompts apart that differ in a few characters', () => {
  const holders = new TextHolders();
  const prompt = (i: number) =>
    `The user liked "Invented Movie ${i % 317}", "Invented Movie ${i % 331}". Will the user like "${i}"?`;
  const taken = Array.from({ length: 100_000 }, (_, i) => holders.heldBefore(fingerprint(prompt(i)), i));
  expect(taken.filter((holder) => holder !== undefined)).toEqual([]);
  for (let i = 0; i < 100_000; i += 997) expect(holders.of(fingerprint(prompt(i)))).toBe(i);
});

it('writes a row as one number, and reads it again', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SPLITS), fc.nat(1_400_000_000), (split, row) => {
      expect(namedBy(codeOf({ split, row }))).toEqual({ split, row });
      expect(codeOf({ split, row })).toBeLessThan(2 ** 32 - 1);
    }),
  );
});

it('holds a row for each line, whatever lines there are', () => {
  const anyRow = fc.record({ split: fc.constantFrom(...SPLITS), row: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20_000), anyRow), { maxLength: 40 }), (given) => {
      const rows = new RowOfLine();
      for (const [line, row] of given) rows.set(line, codeOf(row));
      const plain = new Map(given);
      for (const [line, row] of plain) expect(rows.get(line)).toEqual(row);
      expect(rows.get(30_000)).toBeUndefined();
    }),
  );
});

it('knows of each question whether it was asked before, as a set of texts would, and the last row of each line', () => {
  const own: Record<number, string> = { 0: 'a', 1: 'b' }; // item of a line
  const anyQuestion = fc.record({
    split: fc.constantFrom(...SPLITS),
    target: fc.constantFrom(0, 1, 9000),
    itemId: fc.constantFrom('a', 'b', 'c'),
    templateId: fc.constantFrom('x/y', 'x/z'),
  });
  fc.assert(
    fc.property(fc.array(anyQuestion), (rows) => {
      const questions = new Questions();
      const plain = new Set<string>();
      const last = new Map<number, Named>();
      for (const [row, change] of rows.entries()) {
        const text = JSON.stringify(change);
        expect(questions.rowOf(change.target)).toEqual(last.get(change.target));
        expect(questions.ask(instruction(row, change), own[change.target])).toBe(plain.has(text));
        plain.add(text);
        last.set(change.target, { split: change.split, row });
      }
      expect([...questions.lines()]).toEqual([...last.keys()].sort((a, b) => a - b));
    }),
  );
});
