import type { FitModel } from './fit.js';

export type FitModelName = FitModel['model'];
export const FIT_MODELS = [
  'pop',
  'item-knn',
  'ease',
  'bpr',
  'gru4rec',
  'sasrec',
  'caser',
  'din',
] as const satisfies readonly FitModelName[];

/** Settings that are tried beside a model's defaults; the best on valid is taken. */
type Trials = readonly Readonly<Record<string, unknown>>[];

/** Each model that has anything to tune gets as many trials: nobody wins by having been looked after better. */
export const FIT_TRIALS = 6;

/**
 * The search space, written down: around the defaults of RecBole 1.2.1, along the two settings (of EASE the one) that matter most for each model. The order
 * decides between trials of the same value.
 */
export const FIT_SEARCH: Readonly<Record<FitModelName, Trials>> = {
  pop: [{}],
  'item-knn': grid({ neighbours: [100, 20, 500], shrink: [0, 10] }),
  ease: grid({ l2: [250, 10, 50, 100, 500, 1000] }),
  bpr: grid({ learningRate: [0.001, 0.005], l2: [0, 0.001, 0.01] }),
  gru4rec: grid({ learningRate: [0.001, 0.003], dropout: [0.3, 0.1, 0.5] }),
  sasrec: grid({ learningRate: [0.001, 0.003], dropout: [0.5, 0.2, 0.7] }),
  caser: grid({ learningRate: [0.001, 0.003], dropout: [0.4, 0.2, 0.6] }),
  din: grid({ learningRate: [0.001, 0.003], width: [10, 32, 64] }),
};

/**
 * Models that learn which item comes next by a softmax over all items, and where that ends: above so many items a target is held against some that are drawn, as many in the mean
 * (docs/decisions/0021). An epoch over all items takes time in proportion to them.
 */
const NEXT_ITEM_MODELS: readonly FitModelName[] = ['gru4rec', 'sasrec', 'caser'];
const MOST_ITEMS_IN_SOFTMAX = 10_000;
const SAMPLED_ITEMS = 4000;

/** Settings that the data asks for, the same in all trials of a model; a report shows them. */
export function settingsOfData(
  model: FitModelName,
  { items, hasDislikes }: { items: number; hasDislikes: boolean },
): { negatives?: number; sampledItems?: number } {
  if (model === 'din' && !hasDislikes) return { negatives: 1 }; // a model of labels needs items that were not liked
  if (NEXT_ITEM_MODELS.includes(model) && items > MOST_ITEMS_IN_SOFTMAX) return { sampledItems: SAMPLED_ITEMS };
  return {};
}

/** Models that are tuned in seconds; the others learn over many epochs. */
export const QUICK_MODELS: readonly FitModelName[] = ['pop', 'item-knn', 'ease', 'bpr'];

/** Models that one pass makes; their result has no chance in it. */
export const MADE_IN_ONE_PASS: readonly FitModelName[] = ['pop', 'item-knn', 'ease'];

/** Seeds of a model that learns, unless somebody asks for another number. */
export const FIT_SEEDS = 3;

/** How models that learn do so, in trials as in the end. */
export const FIT_EPOCHS = 100; // at most
export const FIT_PATIENCE = 10; // epochs without a better value on valid
export const FIT_EPOCHS_WITHOUT_VALID = 20; // where there is nothing to stop by

/** All combinations, the last key varying fastest. */
function grid(values: Readonly<Record<string, readonly number[]>>): Trials {
  return Object.entries(values).reduce<Record<string, number>[]>(
    (before, [key, list]) => before.flatMap((one) => list.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}
