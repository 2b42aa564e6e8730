import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTitles } from '../../../src/builders/probe/completions.js';
import { exchangeTitles } from '../../../src/builders/probe/exchange-titles.js';
import { Random } from '../../../src/core/random.js';

const word = fc.constantFrom('Red', 'River', 'of', 'the', 'Moon', 'II', '(1999)', 'Élan');
const anyTitle = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
const catalogue = fc.array(anyTitle, { maxLength: 40 });

describe('exchangeTitles', () => {
  it('gives each title another one, and no two the same', () => {
    fc.assert(
      fc.property(catalogue, fc.nat(), (titles, seed) => {
        const distinct = new Set(titles);
        const exchanged = exchangeTitles(titles, new Random(seed, 'test'));
        if (distinct.size < 2) {
          expect(exchanged.size).toBe(0);
          return;
        }
        expect(new Set(exchanged.keys())).toEqual(distinct);
        expect(new Set(exchanged.values())).toEqual(distinct);
        for (const [title, other] of exchanged) expect(other).not.toBe(title);
      }),
    );
  });

  it('is the same for the same seed and another for another', () => {
    const titles = Array.from({ length: 20 }, (_, i) => `Title ${i}`);
    const by = (seed: number) => exchangeTitles(titles, new Random(seed, 'test'));
    expect(by(1)).toEqual(by(1));
    expect(by(1)).not.toEqual(by(2));
  });
});

describe('cutTitles', () => {
  const itemsOf = (titles: readonly string[]) => titles.map((title, i) => ({ itemId: `i${i}`, title }));
  const limits = { bytes: 1e9, fewest: 5, most: 100 };

  it('gives half of the words, the true ending first, and never another that also is right', () => {
    fc.assert(
      fc.property(catalogue, fc.nat(), (titles, seed) => {
        const items = itemsOf(titles);
        const { titles: cut, eligible } = cutTitles(items, seed, limits);
        expect(cut.length).toBeLessThanOrEqual(eligible);
        for (const { itemId, given, endings } of cut) {
          const [own, ...others] = endings;
          expect(`${given}${own}`).toBe(items.find((item) => item.itemId === itemId)?.title);
          const [a, b] = [given.split(' ').length, (own as string).trim().split(' ').length];
          expect(a).toBe(Math.floor((a + b) / 2));
          expect(others.length).toBeGreaterThan(0);
          expect(new Set(endings).size).toBe(endings.length);
          for (const other of others) expect(titles).not.toContain(`${given}${other}`);
          for (const one of endings) expect(endings.filter((other) => other.startsWith(one))).toEqual([one]);
        }
      }),
    );
  });

  it('draws endings of as many words where there are enough, ten with the own one', () => {
    const titles = Array.from({ length: 30 }, (_, i) => (i < 20 ? `A${i} b${i}` : `A${i} b c d${i}`));
    const { titles: cut } = cutTitles(itemsOf(titles), 3, limits);
    const short = cut.filter(({ endings: [own] }) => own?.trim().split(' ').length === 1);
    expect(short.length).toBe(20);
    for (const { endings } of short) {
      expect(endings.length).toBe(10);
      for (const ending of endings) expect(ending.trim().split(' ').length).toBe(1);
    }
  });

  it('stops at its budget, but not below the fewest', () => {
    const titles = Array.from({ length: 90 }, (_, i) => `Begin${i + 10} end${i + 10}`);
    const count = (bytes: number) => cutTitles(itemsOf(titles), 1, { ...limits, bytes }).titles.length;
    expect([count(0), count(1000), count(1e9)]).toEqual([5, 15, 90]);
  });

  it('finds nothing to ask where no title has two words', () => {
    expect(cutTitles(itemsOf(['One', 'Two']), 1, limits)).toEqual({ titles: [], eligible: 0 });
  });
});
