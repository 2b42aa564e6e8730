import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestWord } from '../../src/core/errors.js';

/** The definition: every way to align the last letters is tried. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [shortA, shortB] = [a.slice(0, -1), b.slice(0, -1)];
  const ways = [
    slowDistance(shortA, b) + 1,
    slowDistance(a, shortB) + 1,
    slowDistance(shortA, shortB) + (a.at(-1) === b.at(-1) ? 0 : 1),
  ];
  const isSwap = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1);
  return Math.min(...ways, isSwap ? slowDistance(a.slice(0, -2), b.slice(0, -2)) + 1 : Infinity);
}

describe('editDistance', () => {
  it('agrees with its definition on any two words', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(slowDistance(a, b));
      }),
    );
  });

  it.each([
    { a: 'lable', b: 'label', expected: 1 },
    { a: 'ca', b: 'abc', expected: 3 }, // no letter is touched twice
    { a: '', b: 'abc', expected: 3 },
    { a: 'same', b: 'same', expected: 0 },
  ])('of "$a" and "$b" is $expected', ({ a, b, expected }) => expect(editDistance(a, b)).toBe(expected));
});

describe('nearestWord', () => {
  const known = ['label', 'split', 'examples', 'keepLast', 'id'];
  it.each([
    { word: 'lable', near: 'label' },
    { word: 'Label', near: 'label' },
    { word: 'spilt', near: 'split' },
    { word: 'exmaple', near: 'examples' },
    { word: 'keep_last', near: 'keepLast' },
    { word: 'di', near: 'id' },
    { word: 'ratings', near: undefined },
    { word: 'x', near: undefined },
    { word: '', near: undefined },
  ])('suggests $near for "$word"', ({ word, near }) => expect(nearestWord(word, known)).toBe(near));

  it('suggests nothing that shares no letter', () => {
    expect(nearestWord('x', ['a', 'b'])).toBeUndefined();
  });
});
