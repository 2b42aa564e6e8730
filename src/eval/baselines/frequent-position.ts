import type { Instruction } from '../../core/instruction.js';

/**
 * Baseline: scores a candidate by how often its place in the list was the target's among the rows of train with a list of that length, whoever asks
 * and whatever is shown. A model that answers always with the letter that was right most often does the same. Lists of a length that train does not
 * have, and so places that were never right, tie at 0.
 */
export function frequentPosition(
  train: Iterable<Pick<Instruction, 'itemId' | 'candidates'>>,
): (candidates: readonly string[]) => number[] {
  const times = new Map<number, number[]>(); // by length
  for (const { itemId, candidates } of train) {
    const place = candidates?.indexOf(itemId) ?? -1;
    if (candidates === null || place < 0) continue;
    const counts = times.get(candidates.length) ?? candidates.map(() => 0);
    times.set(candidates.length, counts);
    counts[place] = (counts[place] as number) + 1;
  }
  return (candidates) => times.get(candidates.length) ?? candidates.map(() => 0);
}
