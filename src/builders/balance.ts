import { Random } from '../core/random.js';
import type { Balance } from '../core/recipe.js';

/** What balancing looks at. */
export interface Weighed {
  readonly userId: string;
  readonly itemId: string;
  readonly label: boolean | null;
  readonly family: string;
}

/**
 * Which rows stay, drawn by the seed: first at most so many of each user and of each target, then as many liked as not liked (rows
 * without label stay), then as many of each family as the smallest has.
 *
 * returns  positions of the rows that stay, ascending
 */
export function balancedRows(rows: readonly Weighed[], rule: Balance): number[] {
  const shuffled = new Random(rule.seed, 'balance').shuffle(rows.map((_, i) => i));
  const row = (i: number): Weighed => rows[i] as Weighed;
  let kept = shuffled;
  if (rule.perUser !== undefined) kept = atMost(kept, (i) => row(i).userId, rule.perUser);
  if (rule.perItem !== undefined) kept = atMost(kept, (i) => row(i).itemId, rule.perItem);
  if (rule.labels) {
    const labelled = kept.filter((i) => row(i).label !== null);
    const stays = new Set(evenly(labelled, (i) => String(row(i).label)));
    kept = kept.filter((i) => row(i).label === null || stays.has(i));
  }
  if (rule.families) kept = evenly(kept, (i) => row(i).family);
  return kept.sort((a, b) => a - b);
}

/** The first `most` of each group. */
function atMost(rows: readonly number[], groupOf: (row: number) => string, most: number): number[] {
  const taken = new Map<string, number>();
  return rows.filter((row) => {
    const count = (taken.get(groupOf(row)) ?? 0) + 1;
    taken.set(groupOf(row), count);
    return count <= most;
  });
}

/** As many of each group as the smallest has. */
function evenly(rows: readonly number[], groupOf: (row: number) => string): number[] {
  const sizes = new Map<string, number>();
  for (const row of rows) sizes.set(groupOf(row), (sizes.get(groupOf(row)) ?? 0) + 1);
  return atMost(rows, groupOf, Math.min(...sizes.values()));
}
