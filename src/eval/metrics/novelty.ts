import { meanOfShown, type ShownList } from './shown-list.js';

/**
 * Novelty of a list: the mean self-information of the shown items, -log2(n_i / N) bits, n_i the interactions of an item in train and N those of all. An item
 * that train never met counts as met once. Its mean over lists is the metric: high where models show what few have met, whether or not it is any good.
 *
 * interactions  of an item in train
 * all           N
 * returns       [0, log2 N], or undefined for an empty list or an empty train
 * source        Zhou et al. 2010, "Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems", doi:10.1073/pnas.1000488107
 */
export function novelty(list: ShownList, interactions: (item: string) => number, all: number): number | undefined {
  if (all === 0) return undefined;
  return meanOfShown(list, (item) => Math.log2(all / Math.max(1, interactions(item))));
}
