import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameTitle, namedTitle } from '../../src/builders/named-titles.js';

describe('namedTitle', () => {
  it.each([
    ['likes films such as the matrix and its like', 'Matrix, The (1999)'],
    ['Likes "MATRIX".', 'The Matrix'],
    ['Fans of Star Trek: The Wrath of Khan.', 'Star Trek - The Wrath of Khan (1982)'],
    ['loved la vita è bella', 'Vita è bella, La (1997)'],
    ['He said \u201cUp\u201d was fine.', 'Up (2009)'],
    ["l'avventura it is", "Avventura, L' (1960)"],
  ])('finds in "%s" the title "%s"', (text, title) => {
    const named = namedTitle(text, ['Another Title', title]);
    expect(named).toBe(title);
  });

  it.each([
    ['Growing up was fun.', 'Up (2009)'], // too short to say anything outside of quotes
    ['a matrixed picture', 'Matrix, The (1999)'], // no whole word
    ['the wrath of many', 'Star Trek - The Wrath of Khan (1982)'], // a part of it
    ['in 1999 it was', '(1999)'],
    ['', 'Heat'],
  ])('does not find in "%s" the title "%s"', (text, title) => {
    expect(namedTitle(text, [title])).toBeUndefined();
  });

  it('finds every title of two words or more, in any case and between any other words', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    const title = fc.array(word, { minLength: 2, maxLength: 5 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(title, fc.array(word), fc.array(word), fc.boolean(), (one, before, behind, loud) => {
        const said = loud ? one.toUpperCase() : one;
        expect(namedTitle([...before, said, ...behind].join(' '), [one])).toBe(one);
      }),
    );
  });

  it('takes titles for the same that differ in case, article or year alone', () => {
    expect(isSameTitle('the matrix', 'Matrix, The (1999)')).toBe(true);
    expect(isSameTitle('Matrix Reloaded', 'Matrix, The (1999)')).toBe(false);
  });
});
