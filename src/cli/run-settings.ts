import { isAbsolute, resolve } from 'node:path';
import { type LoadedRecipe, recipeFolder } from '../builders/load-recipe.js';
import { Evaluation, type RankingKind } from '../core/evaluation.js';
import { parseAs } from '../core/parse.js';
import { TrainOptions } from '../core/run-config.js';
import { readSeeds, readShots } from '../trainers/series.js';

/** What a series varies, as written on the command line: which numbers of train rows, and which seeds of each. */
export interface SeriesAxes {
  readonly seeds?: string | undefined; // as readSeeds takes them
  readonly shots?: string | undefined; // as readShots takes them
}

/** What each run of a series is trained with, by shots, then seed; a single one without axes. */
export function trainSettings(
  recipe: LoadedRecipe,
  given: Partial<TrainOptions>,
  { seeds, shots }: SeriesAxes,
): TrainOptions[] {
  const own = trainOptions(recipe, given);
  const drawn = seeds === undefined ? [own.seed] : readSeeds(seeds, own.seed);
  const sizes = shots === undefined ? [own.shots] : readShots(shots);
  return sizes.flatMap((size) => drawn.map((seed) => ({ ...own, shots: size, seed })));
}

/** The recipe's settings under those of the command line. */
function trainOptions(recipe: LoadedRecipe, given: Partial<TrainOptions>): TrainOptions {
  const { epochs, steps, adapter, ...rest } = recipe.train;
  // Epochs and steps say the same in two ways: either one on the command line replaces both in the recipe.
  const length = given.epochs !== undefined || given.steps !== undefined ? {} : { epochs, steps };
  const start = adapter === undefined || isAbsolute(adapter) ? adapter : resolve(recipeFolder(recipe), adapter);
  const merged = Object.entries({ ...rest, ...length, adapter: start, ...given });
  const present = merged.filter(([, value]) => value !== undefined);
  return parseAs(TrainOptions, Object.fromEntries(present), `${recipe.file}: train`);
}

/** What takes the place of what the recipe says of its evaluation. */
export interface EvaluationGiven {
  readonly rank?: readonly RankingKind[] | undefined; // these rankings, with the recipe's settings of each where it has any
  readonly write?: number | null | undefined; // so many rows at most; null: no texts
}

/** The recipe's evaluation under what stands on the command line. */
export function evaluationOf({ evaluate }: LoadedRecipe, { rank, write }: EvaluationGiven): Evaluation {
  const own = evaluate ?? Evaluation.parse({});
  return Evaluation.parse({
    rank: rank === undefined ? own.rank : Object.fromEntries(rank.map((kind) => [kind, own.rank[kind] ?? {}])),
    write: write === undefined ? own.write : write === null ? undefined : { ...own.write, rows: write },
  });
}
