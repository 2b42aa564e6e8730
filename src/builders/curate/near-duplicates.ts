import type { Instruction } from '../../core/instruction.js';
import type { JudgeMaker } from './judge.js';
import { BandIndex, bandsFor, jaccard, MinHash, shinglesOf } from './min-hash.js';
import { ownText } from './row-texts.js';

const REMEMBERED = 4096; // rows whose shingles stay in memory for the next comparison

/**
 * Rows whose inserted texts have, as sets of shingles, a Jaccard of at least the threshold with those of an earlier row that stays. One pass:
 * bands of the MinHash signature find candidates, and each is read again and compared exactly, so that no row goes by chance.
 * A twin may be missed, with a chance of at most 0.01 at the threshold and less above it.
 */
export const nearDuplicates: JudgeMaker<'near-duplicates'> = (settings, scene, split) => {
  const { threshold, shingles: unit, size, hashes, seed, answer: sameAnswer } = settings;
  const minHash = new MinHash(hashes, seed);
  const index = new BandIndex(bandsFor(threshold, hashes), scene.size(split));
  const kept: number[] = []; // row by number in the index
  const remembered = new Map<number, Compared>();
  const compare = (row: Instruction): Compared => ({
    shingles: shinglesOf(ownText(row), unit, size),
    answer: row.answer,
  });
  const recall = (row: number): Compared => {
    const known = remembered.get(row) ?? compare(scene.row(split, row));
    remembered.delete(row);
    remembered.set(row, known); // the oldest stand first
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break;
      remembered.delete(oldest);
    }
    return known;
  };
  return (row) => {
    const own = compare(row);
    if (own.shingles.size === 0) return undefined;
    const signature = minHash.signature(own.shingles);
    for (const number of [...index.candidates(signature)].sort((a, b) => a - b)) {
      const earlier = kept[number] as number;
      const other = recall(earlier);
      if (sameAnswer && other.answer !== own.answer) continue;
      const likeness = jaccard(own.shingles, other.shingles);
      if (likeness >= threshold) return `its texts are those of row ${earlier} by ${likeness.toFixed(3)}`;
    }
    index.add(signature);
    kept.push(row.row);
    remembered.set(row.row, own);
    return undefined;
  };
};

interface Compared {
  readonly shingles: ReadonlySet<string>;
  readonly answer: string;
}
