import type { InstructionFacts } from '../../../core/instruction.js';
import type { FactsJudge, JudgeMakers, Scene } from '../judge.js';

type Kind = 'missing-titles' | 'duplicate-titles' | 'long-titles' | 'html-titles' | 'url-titles' | 'numeric-titles';

const HTML = /<\/?[a-z][^<>]*>|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});/iu;
const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/iu;
const LETTER = /\p{L}/u;

export const TITLE_FILTERS: JudgeMakers<Kind, FactsJudge> = {
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
};

/** Judges a row by the titles of its target or of all items that it shows. What was found of an item is remembered. */
function judgeTitles(scene: Scene, of: 'target' | 'any', faultOf: (title: string) => string | undefined): FactsJudge {
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

function* itemsOf(row: InstructionFacts, { log }: Scene, of: 'target' | 'any'): Generator<string, void> {
  yield row.itemId;
  if (of === 'target') return;
  for (const line of row.historyInteractions) yield log.itemOf(row.userId, line);
  yield* row.candidates ?? [];
}

/** Without case and with single spaces. */
export function plain(text: string): string {
  return text.toLowerCase().replace(/\s+/gu, ' ').trim();
}
