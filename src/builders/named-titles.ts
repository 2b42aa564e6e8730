import { ARTICLES, TEXT_HELPERS } from './template-helpers.js';

const SHORTEST = 4; // letters and digits of a title that is looked for outside of quotes: shorter ones are common words

/**
 * The first of the titles that a text names as a whole phrase. Case, punctuation, a year behind it and an article before or behind it do not
 * matter: "matrix" is found for "Matrix, The (1999)".
 */
export function namedTitle(text: string, titles: Iterable<string>): string | undefined {
  const said = ` ${wordsOf(text)} `;
  const quoted = new Set(
    [...text.matchAll(/["\u201c\u201e«]([^"\u201d\u201c»]+)["\u201d\u201c»]/gu)].map(([, words = '']) => bare(words)),
  );
  for (const title of titles) {
    const name = bare(title);
    if (name === '') continue;
    if (quoted.has(name) || (name.replaceAll(' ', '').length >= SHORTEST && said.includes(` ${name} `))) return title;
  }
  return undefined;
}

/** Whether two texts are the same title, as far as namedTitle looks. */
export function isSameTitle(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

const LEADING = new Set(ARTICLES.map(wordsOf));

/** A title's words without its year and its article; all of its words when it has no others. */
function bare(title: string): string {
  const words = wordsOf(TEXT_HELPERS.article(title).replace(/\s*\(\d{4}\)\s*$/u, '')).split(' ');
  return (words.length > 1 && LEADING.has(words[0] as string) ? words.slice(1) : words).join(' ');
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).join(' ');
}
