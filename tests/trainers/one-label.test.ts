import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oneLabelLearned, oneLabelParts } from '../../src/trainers/one-label.js';
import { drawShots } from '../../src/trainers/shots.js';
import { instruction, NOW, temporaryStore, version } from '../store/fixtures.js';

/** A version whose train rows have these labels; null: a row that is no judgement. */
function labelled(train: readonly (boolean | null)[], mixed = false) {
  const { store } = temporaryStore();
  const liked = train.filter((label) => label === true).length;
  const counts = { train: train.length, valid: 0, test: 0 };
  const built = version('abcdef', {
    ...(mixed && { labels: null }),
    counts: { ...counts, users: counts, liked: { ...counts, train: liked } },
  });
  const rows = train.map((label, row) => instruction(row, { split: 'train', label, userId: `u${row}` }));
  store.versions.save(built, rows, NOW);
  return { store, built };
}

it('warns of rows that are all liked or all not liked, and of no others, whatever rows a run draws', () => {
  const label = fc.constantFrom(true, false, false, false);
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 12 }), fc.nat(5), fc.nat(9), (train, seed, some) => {
      const { store, built } = labelled(train);
      const shots = 1 + (some % (train.length - 1));
      const drawn = new Set(drawShots(shots, train.length, seed).map((row) => train[row]));
      const said = oneLabelLearned(store, built, { shots, seed });
      expect(said === undefined).toBe(drawn.size > 1);
      if (said)
        expect(said).toContain(
          `the ${shots} rows that seed ${seed} draws from train are ${drawn.has(true) ? 'liked' : 'not liked'}`,
        );
      expect(oneLabelParts(store, built).length).toBe(new Set(train).size > 1 ? 0 : 1);
    }),
    { numRuns: 25 },
  );
});

it('passes over rows that are no judgements', () => {
  const { store, built } = labelled([null, true, null, true], true);
  expect(oneLabelParts(store, built)).toEqual([
    'all judgements of train are liked, so there is nothing to learn: correct the label rule, or draw negatives',
  ]);
  const none = labelled([null, null], true);
  expect(oneLabelParts(none.store, none.built)).toEqual([]);
});
