import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BandIndex, bandsFor, jaccard, MinHash, shinglesOf } from '../../../src/builders/curate/min-hash.js';
import { nearDuplicates } from '../../../src/builders/curate/near-duplicates.js';
import { Stage } from '../../../src/builders/curate/stage.js';
import { CurationStep, type StepOf } from '../../../src/core/curation/steps.js';
import { Random } from '../../../src/core/random.js';
import { temporaryStore } from '../../store/fixtures.js';
import { keepVersion, rowOf } from './invented-version.js';

const random = new Random(7, 'texts');
/** Two sets of strings with `both` in common and `own` each for itself. */
function pairOf(both: number, own: number, tag: string): [Set<string>, Set<string>] {
  const shared = Array.from({ length: both }, (_, i) => `${tag} both ${i}`);
  const side = (name: string) => new Set([...shared, ...Array.from({ length: own }, (_, i) => `${tag} ${name} ${i}`)]);
  return [side('a'), side('b')];
}
const equalPlaces = (a: Int32Array, b: Int32Array) => a.filter((value, i) => value === b[i]).length;

describe('shinglesOf', () => {
  it.each([
    { text: 'One, two  THREE four', unit: 'words', size: 3, expected: ['one two three', 'two three four'] },
    { text: 'one two', unit: 'words', size: 3, expected: ['one two'] },
    { text: ' ,. ', unit: 'words', size: 3, expected: [] },
    { text: 'aBc\u{1f600}', unit: 'characters', size: 3, expected: ['abc', 'bc\u{1f600}'] },
    { text: 'ababab', unit: 'characters', size: 2, expected: ['ab', 'ba'] },
    { text: '', unit: 'characters', size: 2, expected: [] },
  ] as const)('of "$text" by $size $unit', ({ text, unit, size, expected }) => {
    expect([...shinglesOf(text, unit, size)]).toEqual(expected);
  });
});

describe('jaccard', () => {
  it('is the share of the union that both have, whatever the sets', () => {
    const sets = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const union = new Set([...a, ...b]);
        const both = [...union].filter((one) => a.includes(one) && b.includes(one)).length;
        expect(jaccard(new Set(a), new Set(b))).toBe(union.size === 0 ? 0 : both / union.size);
      }),
    );
  });
});

describe('MinHash', () => {
  it.each([
    { both: 90, own: 5 },
    { both: 50, own: 25 },
    { both: 10, own: 45 },
    { both: 0, own: 40 },
  ])('estimates the Jaccard of two sets without bias: $both in both, $own in each', ({ both, own }) => {
    const hashes = 128;
    const pairs = 60;
    let equal = 0;
    for (let i = 0; i < pairs; i++) {
      const minHash = new MinHash(hashes, i);
      const [a, b] = pairOf(both, own, `pair ${i}`);
      equal += equalPlaces(minHash.signature(a), minHash.signature(b));
    }
    const exact = both / (both + 2 * own);
    const deviation = Math.sqrt((exact * (1 - exact)) / (hashes * pairs));
    expect(Math.abs(equal / (hashes * pairs) - exact)).toBeLessThanOrEqual(4 * deviation);
  });

  it('gives the same signature for the same set and seed, in any order, and another for another seed', () => {
    const words = ['one', 'two', 'three', 'four'];
    const signature = new MinHash(16, 1).signature(words);
    expect(new MinHash(16, 1).signature(words.toReversed())).toEqual(signature);
    expect(new MinHash(16, 2).signature(words)).not.toEqual(signature);
  });
});

describe('bands', () => {
  it.each([0.3, 0.5, 0.8, 0.9, 0.99])(
    'find a pair at the threshold %d with a chance of 0.99, with as many rows as leave it',
    (threshold) => {
      const { bands, rows } = bandsFor(threshold, 128);
      const found = (r: number) => 1 - (1 - threshold ** r) ** Math.floor(128 / r);
      expect(bands * rows).toBeLessThanOrEqual(128);
      expect(found(rows)).toBeGreaterThanOrEqual(0.99);
      for (let more = rows + 1; more <= 128; more++) expect(found(more)).toBeLessThan(0.99);
    },
  );

  it('name exactly the earlier signatures that share a band, as a comparison of all does', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }), { maxLength: 40 }), (signatures) => {
        const index = new BandIndex({ bands: 3, rows: 2 }, signatures.length);
        signatures.forEach((signature, i) => {
          const sharing = signatures
            .slice(0, i)
            .flatMap((other, j) =>
              [0, 2, 4].some((at) => other[at] === signature[at] && other[at + 1] === signature[at + 1]) ? [j] : [],
            );
          const own = Int32Array.from(signature);
          expect([...index.candidates(own)].sort((a, b) => a - b)).toEqual(sharing);
          index.add(own);
        });
      }),
    );
  });
});

describe('near-duplicates', () => {
  const settings = (change: object = {}) =>
    CurationStep.parse({ kind: 'near-duplicates', ...change }) as StepOf<'near-duplicates'>;
  const word = () => `w${random.integer(400)}`;
  const sentence = () => Array.from({ length: 30 }, word);
  const changed = (words: string[], at: number) => words.map((one, i) => (i < at ? word() : one));

  it.each(['words', 'characters'] as const)(
    'never takes a row without a twin that stays, and misses none of 300 (shingles of %s)',
    (unit) => {
      const { store } = temporaryStore();
      const base = Array.from({ length: 60 }, sentence);
      const texts = base
        .flatMap((words) => [words, changed(words, 1), changed(words, 3), words, changed(words, 12)])
        .map((words) => words.join(' '));
      const shuffled = random.shuffle(texts);
      const version = keepVersion(
        store,
        shuffled.map((text, i) => rowOf({ answer: i % 7 === 0 ? 'No.' : 'Yes.' }, ['Text: ', [text]])),
      );
      const stage = new Stage(store, version, 'nowhere');
      const rule = settings({ shingles: unit, threshold: 0.75 });
      const judge = nearDuplicates(rule, stage, 'train');
      const taken = [...stage.rows('train')].map((row) => judge(row) !== undefined);
      // The definition: a row goes when an earlier row that stays has its answer and at least the threshold.
      const rows = [...stage.rows('train')];
      const shingles = shuffled.map((text) => shinglesOf(text, unit, rule.size));
      const expected: boolean[] = [];
      rows.forEach((row, i) => {
        expected.push(
          rows
            .slice(0, i)
            .some(
              (other, j) =>
                !expected[j] &&
                other.answer === row.answer &&
                jaccard(shingles[j] as Set<string>, shingles[i] as Set<string>) >= 0.75,
            ),
        );
      });
      expect(taken).toEqual(expected);
      expect(taken.filter(Boolean).length).toBeGreaterThan(60);
    },
  );

  it('keeps rows without words, and with answer: false takes twins with another answer', () => {
    const { store } = temporaryStore();
    const said = ['Text: ', ['one two three four']] as [string, [string]];
    const version = keepVersion(store, [
      rowOf(),
      rowOf(),
      rowOf({ answer: 'Yes.' }, said),
      rowOf({ answer: 'No.' }, said),
    ]);
    const stage = new Stage(store, version, 'nowhere');
    const verdicts = (rule: object) => [...stage.rows('train')].map(nearDuplicates(settings(rule), stage, 'train'));
    expect(verdicts({})).toEqual([undefined, undefined, undefined, undefined]);
    expect(verdicts({ answer: false })).toEqual([
      undefined,
      undefined,
      undefined,
      'its texts are those of row 2 by 1.000',
    ]);
  });
});
