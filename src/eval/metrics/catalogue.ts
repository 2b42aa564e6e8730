import { chancesOf, type ShownList } from './shown-list.js';

/**
 * Catalogue coverage: the share of the catalogue that stands in at least one list; with ties the expected share, lists breaking theirs independently.
 * Grows with the number of lists: compare models on the same ones.
 *
 * catalogue  items that could have been shown
 * returns    [0, 1], or undefined without lists or items
 * source     Ge, Delgado-Battenfeld and Jannach 2010, "Beyond Accuracy: Evaluating Recommender Systems by Coverage and Serendipity",
 *            doi:10.1145/1864708.1864761
 */
export function coverage(lists: readonly ShownList[], catalogue: ReadonlySet<string>): number | undefined {
  if (lists.length === 0 || catalogue.size === 0) return undefined;
  const neverShown = new Map<string, number>(); // chance
  for (const { item, chance } of lists.flatMap(chancesOf)) {
    neverShown.set(item, (neverShown.get(item) ?? 1) * (1 - chance));
  }
  return [...neverShown.values()].reduce((sum, never) => sum + 1 - never, 0) / catalogue.size;
}

/**
 * Gini coefficient of how often the items of the catalogue are shown: 0 when all are shown equally often, near 1 when one item is in every list.
 * sum of (2 i - n - 1) e_i / (n sum of e), e_1 <= ... <= e_n the (expected) numbers of lists that show an item, those never shown among them.
 *
 * catalogue  items that could have been shown, n
 * returns    [0, 1), or undefined when nothing is shown
 * source     Fleder and Hosanagar 2009, "Blockbuster Culture's Next Rise or Fall", doi:10.1287/mnsc.1080.0974
 */
export function gini(lists: readonly ShownList[], catalogue: ReadonlySet<string>): number | undefined {
  const exposure = new Map([...catalogue].map((item) => [item, 0]));
  for (const { item, chance } of lists.flatMap(chancesOf)) exposure.set(item, (exposure.get(item) ?? 0) + chance);
  const rising = [...exposure.values()].sort((a, b) => a - b);
  const all = rising.reduce((sum, value) => sum + value, 0);
  if (all === 0) return undefined;
  const weighed = rising.reduce((sum, value, i) => sum + (2 * (i + 1) - rising.length - 1) * value, 0);
  return weighed / (rising.length * all);
}
