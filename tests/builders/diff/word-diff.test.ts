import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordDiff } from '../../../src/builders/diff/word-diff.js';

const words = (text: string) => text.match(/\s+|\S+/g) ?? [];
const anyText = fc
  .array(fc.constantFrom('a', 'b', 'cat', ' ', '\n', '"a",'), { maxLength: 9 })
  .map((parts) => parts.join(''));

/** By the definition: the longest of all subsequences of the one that are subsequences of the other. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let longest = 0;
  for (let chosen = 0; chosen < 2 ** a.length; chosen++) {
    const some = a.filter((_, index) => (chosen >> index) & 1);
    let next = 0;
    for (const word of b) if (word === some[next]) next += 1;
    if (next === some.length) longest = Math.max(longest, some.length);
  }
  return longest;
}

describe('wordDiff', () => {
  it('marks the words that were exchanged', () => {
    expect(wordDiff('Liked: "A", "B"', 'Liked: "A", "C" now')).toEqual([
      { kind: 'same', text: 'Liked: "A", ' },
      { kind: 'gone', text: '"B"' },
      { kind: 'new', text: '"C" now' },
    ]);
  });

  it('gives back both texts, keeps as many words as can be, and joins neighbours, on any input', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const pieces = wordDiff(a, b);
        const without = (kind: string) => pieces.filter((piece) => piece.kind !== kind).map(({ text }) => text);
        expect(without('new').join('')).toBe(a);
        expect(without('gone').join('')).toBe(b);
        const same = pieces.filter(({ kind }) => kind === 'same').flatMap(({ text }) => words(text));
        expect(same.length).toBe(longestCommon(words(a), words(b)));
        expect(pieces.every(({ kind }, index) => kind !== pieces[index - 1]?.kind)).toBe(true);
      }),
    );
  });

  it('exchanges what is too long for the table as a whole, and keeps what both begin and end with', () => {
    const long = (word: string) => Array.from({ length: 5000 }, (_, i) => `${word}${i}`).join(' ');
    const pieces = wordDiff(`begin ${long('a')} end`, `begin ${long('b')} end`);
    expect(pieces.map(({ kind }) => kind)).toEqual(['same', 'gone', 'new', 'same']);
    expect(pieces[0]?.text).toBe('begin ');
    expect(pieces[3]?.text).toBe(' end');
  });
});
