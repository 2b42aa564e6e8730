import type { Item } from '../../core/interaction.js';
import { categoriesOf, type LogKnowledge } from '../log-knowledge.js';
import { fieldValues } from '../template-helpers.js';
import { type Judged, tasteInWords } from './taste.js';

/** What a log itself says of an item: its fields as a sentence, and how train liked it. */
export function itemKnowledge(item: Item, log: LogKnowledge): string {
  const { title, attributes } = item;
  const fields = fieldValues({ ...attributes, title }, Object.keys(attributes));
  const judged = log.train.judgements.get(item.itemId);
  return judged === undefined ? `${fields}.` : `${fields}. ${judged.liked} of ${judged.met} users liked it.`;
}

/** Who would like an item, as JSON (RLMRec's two keys). Undefined without categories. */
export function itemProfile(item: Item, log: LogKnowledge): string | undefined {
  const categories = categoriesOf(item, log.roles);
  if (categories.length === 0) return undefined;
  const judged = log.train.judgements.get(item.itemId) ?? { met: 0, liked: 0 };
  const reasoning = `Its categories are ${categories.join(', ')}; ${judged.liked} of ${judged.met} users liked it.`;
  return JSON.stringify({ summarization: `Users who like ${categories.join(' and ')} would enjoy it.`, reasoning });
}

/** What a history says of its user. Undefined without categories. */
export function userKnowledge(history: readonly Judged[], log: LogKnowledge): string | undefined {
  const taste = tasteInWords(history, log);
  return taste === undefined ? undefined : `The user likes ${taste}.`;
}

/** The same as JSON. */
export function userProfile(history: readonly Judged[], log: LogKnowledge): string | undefined {
  const taste = tasteInWords(history, log);
  if (taste === undefined) return undefined;
  const liked = history.filter((one) => one.liked).length;
  return JSON.stringify({
    summarization: `The user likes ${taste}.`,
    reasoning: `${liked} of ${history.length} items of the history were liked.`,
  });
}
