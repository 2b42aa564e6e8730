import type { Instruction } from '../../../core/instruction.js';
import type { Judge, JudgeMakers, Scene } from '../judge.js';
import { insertedTexts } from '../row-texts.js';

type Kind =
  | 'missing-titles'
  | 'duplicate-titles'
  | 'long-titles'
  | 'html-titles'
  | 'url-titles'
  | 'numeric-titles'
  | 'title-leaks';

const HTML = /<\/?[a-z][^<>]*>|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});/iu;
const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/iu;
const LETTER = /\p{L}/u;

export const TITLE_FILTERS: JudgeMakers<Kind> = {
  'missing-titles': ({ placeholders, of }, scene) => {
    const none = new Set(placeholders.map(plain));
    return judgeTitles(scene, of, (title) => {
      if (title.trim() === '') return 'no title';
      return none.has(plain(title)) ? `the title "${title}"` : undefined;
    });
  },
  'duplicate-titles': ({ of }, scene) => {
    const items = new Map<string, number>();
    for (const { title } of scene.log.items.values()) items.set(plain(title), (items.get(plain(title)) ?? 0) + 1);
    return judgeTitles(scene, of, (title) => {
      const own = items.get(plain(title)) ?? 0;
      return own > 1 ? `a title that ${own} items have` : undefined;
    });
  },
  'long-titles': ({ characters, of }, scene) =>
    judgeTitles(scene, of, (title) =>
      title.length > characters ? `a title of ${title.length} characters` : undefined,
    ),
  'html-titles': ({ of }, scene) =>
    judgeTitles(scene, of, (title) => (HTML.test(title) ? `HTML in its title: ${HTML.exec(title)?.[0]}` : undefined)),
  'url-titles': ({ of }, scene) =>
    judgeTitles(scene, of, (title) => (ADDRESS.test(title) ? `a web address in its title` : undefined)),
  'numeric-titles': ({ of }, scene) =>
    judgeTitles(scene, of, (title) =>
      title.trim() !== '' && !LETTER.test(title) ? `a title without a letter` : undefined,
    ),
  'title-leaks': ({ characters }, { log }) => {
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
  },
};

/** Judges a row by the titles of its target or of all items that it shows. What was found of an item is remembered. */
function judgeTitles(scene: Scene, of: 'target' | 'any', faultOf: (title: string) => string | undefined): Judge {
  const found = new Map<string, string | undefined>();
  const fault = (itemId: string): string | undefined => {
    if (!found.has(itemId)) found.set(itemId, faultOf(scene.log.titleOf(itemId)));
    return found.get(itemId);
  };
  return (row) => {
    for (const itemId of itemsOf(row, scene, of)) {
      const wrong = fault(itemId);
      if (wrong !== undefined) return `item ${itemId} has ${wrong}`;
    }
    return undefined;
  };
}

function* itemsOf(row: Instruction, { log }: Scene, of: 'target' | 'any'): Generator<string, void> {
  yield row.itemId;
  if (of === 'target') return;
  for (const line of row.historyInteractions) yield log.itemOf(row.userId, line);
  yield* row.candidates ?? [];
}

/** Without case and with single spaces. */
function plain(text: string): string {
  return text.toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Whether words stand in a text, with no letter or digit right before or behind. */
export function holdsWords(text: string, words: string): boolean {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(text.slice(at + words.length))) return true;
  }
  return false;
}
