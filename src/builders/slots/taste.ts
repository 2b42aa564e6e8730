import type { Item } from '../../core/interaction.js';
import { categoriesOf, type LogKnowledge } from '../log-knowledge.js';

const NAMED = 3; // categories that a taste names

/** An item of a history and whether it was liked. */
export interface Judged {
  readonly item: Item;
  readonly liked: boolean;
}

/** How often each category stands among liked and among disliked items of a history; most liked first, ties by name. */
export function countCategories(history: readonly Judged[], log: LogKnowledge): CategoryCount[] {
  const counts = new Map<string, CategoryCount>();
  for (const { item, liked } of history) {
    for (const category of categoriesOf(item, log.roles)) {
      const count = counts.get(category) ?? { category, liked: 0, disliked: 0 };
      if (liked) count.liked += 1;
      else count.disliked += 1;
      counts.set(category, count);
    }
  }
  return [...counts.values()].sort((a, b) => b.liked - a.liked || (a.category < b.category ? -1 : 1));
}

export interface CategoryCount {
  readonly category: string;
  liked: number;
  disliked: number;
}

/** The categories that a history likes most; none when nothing was liked. */
export function topCategories(history: readonly Judged[], log: LogKnowledge): string[] {
  return countCategories(history, log)
    .filter(({ liked, disliked }) => liked > disliked)
    .slice(0, NAMED)
    .map(({ category }) => category);
}

/**
 * The taste of a history in words (P2), by counting categories: "Drama (6 of 8 liked), Comedy (3 of 8); not Horror (2 disliked)".
 * Made from the history alone, so nothing of the target or of anything later can stand in it.
 *
 * returns  undefined when the log has no categories, or the history too little to say something
 */
export function tasteInWords(history: readonly Judged[], log: LogKnowledge): string | undefined {
  const counts = countCategories(history, log);
  const liked = history.filter((one) => one.liked).length;
  const likes = counts.filter((count) => count.liked > count.disliked).slice(0, NAMED);
  const dislikes = counts
    .filter((count) => count.disliked > count.liked)
    .sort((a, b) => b.disliked - a.disliked || (a.category < b.category ? -1 : 1))
    .slice(0, NAMED - 1);
  if (likes.length === 0 && dislikes.length === 0) return undefined;
  const liking = likes.map(({ category, liked: n }) => `${category} (${n} of ${liked} liked)`).join(', ');
  const disliking = dislikes.map(({ category, disliked: n }) => `${category} (${n} disliked)`).join(', ');
  if (likes.length === 0) return `nothing in particular; not ${disliking}`;
  return dislikes.length === 0 ? liking : `${liking}; not ${disliking}`;
}
