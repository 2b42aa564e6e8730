import type { JudgeMaker } from '../judge.js';
import { insertedTexts } from '../row-texts.js';
import { plain } from './titles.js';

/** Rows that tell the title of their target in a text of another thing, a review for example. */
export const titleLeaks: JudgeMaker<'title-leaks'> = ({ characters }, { log }) => {
  let titles: Set<string> | undefined;
  return (row) => {
    const title = plain(log.titleOf(row.itemId));
    if (title.length < characters) return undefined;
    titles ??= new Set([...log.items.values()].map((item) => plain(item.title)));
    const known = titles; // a text that is a title itself, of a sequel for example, is a slot of its own
    const leak = insertedTexts(row)
      .map(plain)
      .find((text) => !known.has(text) && holdsWords(text, title));
    return leak === undefined ? undefined : `the title of the target stands in "${leak.slice(0, 60)}"`;
  };
};

/** Whether words stand in a text, with no letter or digit right before or behind. */
export function holdsWords(text: string, words: string): boolean {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(text.slice(at + words.length))) return true;
  }
  return false;
}
