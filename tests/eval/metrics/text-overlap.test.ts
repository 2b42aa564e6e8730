import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rouge } from '../../../src/eval/metrics/text-overlap.js';

const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const f1 = (shared: number, of: number, wanted: number) => {
  const [precision, recall] = [shared / of, shared / wanted];
  return shared === 0 ? 0 : (2 * precision * recall) / (precision + recall);
};

/** Shared n-grams, each as often as the rarer side has it. */
function plainN(n: number, text: string, reference: string): number {
  const grams = (all: string[]) => all.slice(n - 1).map((_, i) => all.slice(i, i + n).join(' '));
  const [own, wanted] = [grams(words(text)), grams(words(reference))];
  if (own.length === 0 || wanted.length === 0) return 0;
  const left = [...wanted];
  let shared = 0;
  for (const gram of own) {
    const at = left.indexOf(gram);
    if (at < 0) continue;
    left.splice(at, 1);
    shared += 1;
  }
  return f1(shared, own.length, wanted.length);
}

/** Longest common subsequence by trying both ways at each difference. */
function plainL(text: string, reference: string): number {
  const longest = (a: string[], b: string[]): number => {
    if (a.length === 0 || b.length === 0) return 0;
    if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
    return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
  };
  const [own, wanted] = [words(text), words(reference)];
  if (own.length === 0 || wanted.length === 0) return 0;
  return f1(longest(own, wanted), own.length, wanted.length);
}

const texts = fc
  .array(fc.constantFrom('good', 'Good', 'plot', 'the', 'été', '5', '!', '-', '. ', "it's"), { maxLength: 7 })
  .map((parts) => parts.join(' '));

describe('ROUGE', () => {
  it('is the F1 of shared words, of shared pairs of words, and of the longest common subsequence', () => {
    fc.assert(
      fc.property(texts, texts, (text, reference) => {
        expect(rouge('rouge1', text, reference)).toBeCloseTo(plainN(1, text, reference), 12);
        expect(rouge('rouge2', text, reference)).toBeCloseTo(plainN(2, text, reference), 12);
        expect(rouge('rougeL', text, reference)).toBeCloseTo(plainL(text, reference), 12);
      }),
      { numRuns: 300 },
    );
  });

  // Google's rouge_score 0.1.2, RougeScorer(['rouge1', 'rouge2', 'rougeL'], use_stemmer=False)
  it.each([
    ['the cat sat on the mat', 'the cat was on the mat', 0.8333333333333334, 0.6, 0.8333333333333334],
    ['Great gift card. Easy to use!', 'Easy gift, great to give.', 0.7272727272727272, 0.0, 0.3636363636363636],
  ])('has the values of the reference implementation: %s', (text, reference, one, two, longest) => {
    expect(rouge('rouge1', text, reference)).toBeCloseTo(one, 9);
    expect(rouge('rouge2', text, reference)).toBeCloseTo(two, 9);
    expect(rouge('rougeL', text, reference)).toBeCloseTo(longest, 9);
  });
});
