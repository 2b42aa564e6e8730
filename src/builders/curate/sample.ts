import type { StepOf } from '../../core/curation/steps.js';
import type { InstructionFacts, Split } from '../../core/instruction.js';
import { Random } from '../../core/random.js';
import { balancedRows, type Weighed } from '../balance.js';
import { type FactsJudge, interned, type JudgeMaker, type Scene } from './judge.js';

type Weight = Weighed & { readonly row: number };

/** Rows drawn by the seed, of each stratum its part. */
export const sample: JudgeMaker<'sample', FactsJudge> = (settings, scene, split) => {
  const rows = weighedRows(scene, split);
  const kept = new Set(sampledRows(rows, settings).map((place) => (rows[place] as Weight).row));
  return ({ row }) => (kept.has(row) ? undefined : 'not drawn');
};

export const balance: JudgeMaker<'balance', FactsJudge> = (settings, scene, split) => {
  const rows = weighedRows(scene, split);
  const kept = new Set(balancedRows(rows, settings).map((place) => (rows[place] as Weight).row));
  return ({ row }) => (kept.has(row) ? undefined : 'beyond what balance keeps');
};

function weighedRows(scene: Scene, split: Split): Weight[] {
  const one = interned();
  const weigh = (row: InstructionFacts): Weight => ({
    row: row.row,
    userId: one(row.userId),
    itemId: one(row.itemId),
    label: row.label,
    family: one(scene.familyOf(row)),
  });
  return Array.from(scene.facts(split), weigh);
}

/**
 * Places of the rows that are drawn, ascending. By a fraction each stratum keeps that part of it, rounded to the nearest. By a count the
 * strata share it in proportion to their sizes, by the largest remainders (Hamilton), the first stratum first of equal ones.
 */
export function sampledRows(
  rows: readonly Weighed[],
  { fraction, count, by, seed }: Pick<StepOf<'sample'>, 'fraction' | 'count' | 'by' | 'seed'>,
): number[] {
  const strata = new Map<string, number[]>();
  for (const [place, row] of rows.entries()) {
    const key = { nothing: '', user: row.userId, item: row.itemId, label: String(row.label), family: row.family }[by];
    const known = strata.get(key) ?? [];
    strata.set(key, known);
    known.push(place);
  }
  const sizes = [...strata.values()].map(({ length }) => length);
  const wanted =
    count === undefined
      ? sizes.map((size) => Math.round(size * (fraction ?? 1)))
      : shared(sizes, Math.min(count, rows.length));
  const random = new Random(seed, 'sample');
  const drawn = [...strata.values()].flatMap((places, i) => random.shuffle(places).slice(0, wanted[i]));
  return drawn.sort((a, b) => a - b);
}

/** A count shared in proportion to sizes. */
function shared(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shares = sizes.map((size) => Math.floor((size * count) / total));
  const left = count - shares.reduce((sum, share) => sum + share, 0);
  const remainder = (i: number): number => ((sizes[i] as number) * count) % total;
  const order = sizes.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const i of order.slice(0, left)) shares[i] = (shares[i] as number) + 1;
  return shares;
}
