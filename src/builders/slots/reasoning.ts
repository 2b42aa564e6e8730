import type { Item } from '../../core/interaction.js';
import { categoriesOf, type LogKnowledge } from '../log-knowledge.js';
import { type Judged, topCategories } from './taste.js';

/** What thoughts may be about: what the prompt shows, and never the label or which candidate is the target. */
export interface Thinking {
  readonly history: readonly Judged[];
  readonly need: string | undefined; // the query, when the prompt shows one
  readonly shown: readonly { readonly item: Item; readonly letter: string | undefined }[]; // the target of a judgement, or the candidates
}

/**
 * Thoughts before an answer, by rule: which categories the user likes or asks for, and what of the shown items has them. They are
 * the same whatever the answer is, so that they can stand before it in a row that is scored.
 *
 * returns  undefined when the log has no categories, or neither taste nor need says any
 */
export function thoughts({ history, need, shown }: Thinking, log: LogKnowledge): string | undefined {
  const wanted = need === undefined ? topCategories(history, log) : need.split(', ');
  if (wanted.length === 0) return undefined;
  const basis = need === undefined ? `The user mostly likes ${listed(wanted)}` : `The need is ${listed(wanted)}`;
  const [only] = shown;
  if (only === undefined) return `${basis}.`;
  const fits = (item: Item): string[] => {
    const own = categoriesOf(item, log.roles);
    return own.filter((category) => wanted.some((name) => name.toLowerCase() === category.toLowerCase()));
  };
  if (only.letter === undefined) {
    const shared = fits(only.item);
    return `${basis}, and this is ${shared.length === 0 ? 'none of it' : listed(shared)}.`;
  }
  const fitting = shown.filter(({ item }) => fits(item).length > 0).map(({ letter }) => letter as string);
  return `${basis}; ${fitting.length === 0 ? 'none of these is that' : `of these it is found in ${listed(fitting)}`}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
