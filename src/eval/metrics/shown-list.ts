/**
 * The K best candidates of a list, ties at the cutoff left open: with a random tie break each way of filling the last seats is as likely as another.
 * Figures of what is shown are expected values over it, as those of ranks are (ranked-list.ts).
 */
export interface ShownList {
  readonly sure: readonly string[]; // items that are shown however ties break
  readonly open: readonly string[]; // items of the same score, of which some are shown
  readonly seats: number; // how many of the open ones: from 0 to their number - 1
}

/**
 * items   distinct
 * scores  one an item, any finite unit, higher is better
 * k       seats, from 1; a shorter list is shown whole
 * throws  RangeError on unequal lengths or a score that is not finite
 */
export function shownList(items: readonly string[], scores: readonly number[], k: number): ShownList {
  if (items.length !== scores.length) throw new RangeError(`${scores.length} scores do not fit ${items.length} items`);
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) throw new RangeError(`score ${scores[broken]} of item ${broken} is not finite`);
  if (items.length <= k) return { sure: items, open: [], seats: 0 };
  const cutoff = [...scores].sort((a, b) => b - a)[k - 1] as number;
  const above = items.filter((_, place) => (scores[place] as number) > cutoff);
  const tied = items.filter((_, place) => scores[place] === cutoff);
  const seats = k - above.length;
  return seats === tied.length ? { sure: [...above, ...tied], open: [], seats: 0 } : { sure: above, open: tied, seats };
}

/** Each item that may be shown, with the chance that it is. The chances add up to the seats of the list. */
export function chancesOf({ sure, open, seats }: ShownList): { item: string; chance: number }[] {
  return [...sure.map((item) => ({ item, chance: 1 })), ...open.map((item) => ({ item, chance: seats / open.length }))];
}

/** Mean of a value of the shown items; undefined for an empty list. */
export function meanOfShown(list: ShownList, value: (item: string) => number): number | undefined {
  const shown = chancesOf(list);
  const seats = list.sure.length + list.seats;
  return seats === 0 ? undefined : shown.reduce((sum, { item, chance }) => sum + chance * value(item), 0) / seats;
}
