/** Entities that are no letter with an accent. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  deg: '°',
  frac12: '½',
  eth: 'ð',
  thorn: 'þ',
  szlig: 'ß',
  aelig: 'æ',
  AElig: 'Æ',
  oslash: 'ø',
  Oslash: 'Ø',
};

/** Marks that stand behind a letter, by the end of the entity's name. */
const ACCENTS: Readonly<Record<string, string>> = {
  acute: '\u0301',
  grave: '\u0300',
  uml: '\u0308',
  circ: '\u0302',
  tilde: '\u0303',
  cedil: '\u0327',
  ring: '\u030a',
};

const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]+\d*));/g;
const TAG = /<\/?(?:b|i|u|em|strong|br|p|li|ul|ol|span|div|a|sup|sub|font|h[1-6])\b[^<>]*>/gi;
const INLINE = /^<\/?(?:b|i|u|em|strong|span|a|sup|sub|font)\b/i;

/**
 * A text of a web page as its reader sees it: tags taken out (those of a block leave a space), entities read once, runs of white space made one
 * space, none at its ends. What is no entity stays.
 */
export function fromHtml(text: string): string {
  const untagged = text.replace(TAG, (tag) => (INLINE.test(tag) ? '' : ' '));
  return untagged.replace(ENTITY, character).replace(/\s+/gu, ' ').trim();
}

function character(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return NAMED[name] ?? accented(name) ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal as string, 16) : Number(decimal);
  const isCharacter =
    code >= 32 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && !(code >= 127 && code < 160);
  return isCharacter ? String.fromCodePoint(code) : entity;
}

function accented(name: string): string | undefined {
  const mark = ACCENTS[name.slice(1)];
  return mark && `${name[0]}${mark}`.normalize('NFC');
}
