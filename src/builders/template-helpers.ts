/**
 * The helpers that templates may use beside #if, #unless and #each. Each takes one thing; what it returns is a value: no special
 * token is read in it. docs/formats.md lists them.
 */

/** An item as a template prints it: its title and the fields that the template declares, in their order. */
export type Fields = Readonly<Record<string, string>> & { readonly title: string };

/** Of a text. */
export const TEXT_HELPERS = { quote, article, starWords, oneLine } as const satisfies Record<
  string,
  (text: string) => string
>;

/** Of an item: {{fieldValues target}}. */
export const ITEM_HELPERS = { fieldValues } as const satisfies Record<
  string,
  (item: Fields, fields: readonly string[]) => string
>;

/** Of a list: what is printed of each title. compile.ts prints item by item, so that each can be dropped. */
export const LIST_HELPERS = { titles: (title: string) => title, moved: article } as const satisfies Record<
  string,
  (title: string) => string
>;

/** In double quotes; quotes inside become single ones, so that the text ends where it seems to end. */
function quote(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

/** What catalogues move behind a title. */
export const ARTICLES: readonly string[] = "The A An La Le Les L' Il El Los Las Der Die Das Den Det De Un Une".split(
  ' ',
);

const MOVED = new RegExp(`^(.*), (${ARTICLES.join('|')})( \\(.*)?$`, 'u');

/** "Matrix, The (1999)" to "The Matrix (1999)": catalogues move the article behind the title. */
function article(title: string): string {
  const found = MOVED.exec(title);
  if (!found) return title;
  const [, rest = '', moved = '', behind = ''] = found;
  return `${moved}${moved.endsWith("'") ? '' : ' '}${rest}${behind}`;
}

/** "4" to "4 stars", "1" to "1 star". */
function starWords(stars: string): string {
  return `${stars} ${Number(stars) === 1 ? 'star' : 'stars'}`;
}

/** Without line ends, for reviews in a prompt whose lines mean something. */
function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

/** "title is The Matrix (1999), genres is Action|Sci-Fi": fields that are empty are left out. */
export function fieldValues(item: Fields, fields: readonly string[]): string {
  return ['title', ...fields]
    .filter((field) => (item[field] ?? '').trim() !== '')
    .map((field) => `${field} is ${item[field]?.replaceAll('|', ', ')}`)
    .join(', ');
}
