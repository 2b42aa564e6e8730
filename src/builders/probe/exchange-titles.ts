import type { Random } from '../../core/random.js';

/**
 * Another title for each title of a catalogue: distinct ones change places, so that none keeps its own and no two get the same one (a cyclic
 * permutation: Sattolo 1986).
 *
 * returns  by title; empty when there are not two distinct ones
 */
export function exchangeTitles(titles: Iterable<string>, random: Random): Map<string, string> {
  const distinct = [...new Set(titles)];
  if (distinct.length < 2) return new Map();
  const moved = [...distinct];
  for (let i = moved.length - 1; i > 0; i--) {
    const j = random.integer(i); // below i: nothing stays
    [moved[i], moved[j]] = [moved[j] as string, moved[i] as string];
  }
  return new Map(distinct.map((title, i) => [title, moved[i] as string]));
}
