/** Function words of a language: short, frequent, and rarely those of another one. */
const FUNCTION_WORDS: Readonly<Record<string, string>> = {
  en: 'the and of to is was it that this with for you are not have but they be his her from what which would there been',
  de: 'der die das und ist nicht ein eine mit für auf sich den von dem zu auch es im wie aber sie ich wird nach',
  fr: 'le la les et des est une un dans pour que qui pas du au ce plus avec sur il elle sont mais cette je',
  es: 'el los las y que una por con para del es se lo como más pero sus al muy este está sin son también',
  it: 'il che di è un della per non con gli sono del una nel più anche si alla questo dei come ma le delle ho',
  pt: 'o os que não uma um para com é do da dos em se mais por como mas foi ao das muito ele isso você',
  nl: 'de het een en van niet is dat op te zijn met voor er maar ook aan om bij dit wordt naar heeft ze deze',
  sv: 'och att det som en på är av för med inte den till var jag ett har om men han hon från vi så efter',
};
const LANGUAGES = Object.entries(FUNCTION_WORDS).map(([name, words]) => ({ name, words: new Set(words.split(' ')) }));

/**
 * The language of a text by a count of function words: the one with the most, when these are a tenth of the words at least and more
 * than those of any other language.
 *
 * fewest   texts with fewer words have none
 * returns  undefined when it cannot be told
 */
export function languageOf(text: string, fewest: number): string | undefined {
  const all = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (all.length < fewest) return undefined;
  const scored = LANGUAGES.map(({ name, words }) => ({ name, hits: all.filter((word) => words.has(word)).length }));
  const [best, second] = scored.sort((a, b) => b.hits - a.hits);
  if (!best || best.hits < all.length / 10 || best.hits < 2 || best.hits === second?.hits) return undefined;
  return best.name;
}
