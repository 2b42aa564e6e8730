import { afterEach, beforeEach, expect, it } from 'vitest';
import { curateVersion } from '../../../src/builders/curate/curate-version.js';
import { readStep } from '../../../src/builders/curate/read-steps.js';
import { SPLITS } from '../../../src/core/instruction.js';
import { NOW } from '../../store/fixtures.js';
import { type InventedStudio, importInvented, inventedStudio } from '../invented-store.js';
import { keepVersion, logOf, rowOf } from './invented-version.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
});
afterEach(() => studio.close());

const ROWS = 60;

async function shuffled(step: string, liked: (row: number) => boolean | null) {
  const rows = SPLITS.flatMap((split) =>
    Array.from({ length: ROWS }, (_, row) => {
      const label = liked(row);
      return rowOf({
        split,
        label,
        choices: label === null ? null : ['Yes.', 'No.'],
        scored: label === null ? null : 'first-token',
        answer: label === false ? 'No.' : 'Yes.',
      });
    }),
  );
  importInvented(studio.store, logOf([{}, {}]));
  const parent = keepVersion(studio.store, rows);
  const options = { studio: studio.studio, now: () => NOW, program: '1' };
  const version = await curateVersion(studio.store, parent, [readStep(step)], options);
  const labels = (split: (typeof SPLITS)[number]) =>
    [...studio.store.versions.instructions(version.hash, split)].map(({ label, answer }) => ({ label, answer }));
  return { version, labels };
}

it('exchanges the labels of train: as many are liked as before, answers follow, other splits keep theirs', async () => {
  const { labels, version } = await shuffled('shuffle-labels', (row) => row < 20);
  const train = labels('train');
  expect(train.filter(({ label }) => label).length).toBe(20);
  expect(train.slice(0, 20).filter(({ label }) => label).length).toBeLessThan(14);
  for (const { label, answer } of train) expect(answer).toBe(label ? 'Yes.' : 'No.');
  for (const split of ['valid', 'test'] as const) {
    expect(labels(split).map(({ label }) => label)).toEqual(Array.from({ length: ROWS }, (_, row) => row < 20));
  }
  expect(version.curation?.steps[0]).toMatchObject({ settings: { kind: 'shuffle-labels', seed: 1 } });
});

it('gives other labels by another seed', async () => {
  const one = (await shuffled('shuffle-labels', (row) => row % 2 === 0)).labels('train');
  studio.close();
  studio = inventedStudio();
  const other = (await shuffled('shuffle-labels: { seed: 2 }', (row) => row % 2 === 0)).labels('train');
  expect(other).not.toEqual(one);
});

it('says so where there is no label to exchange', async () => {
  await expect(shuffled('shuffle-labels', () => null)).rejects.toThrow(/train has no judgements/);
});
