import type { JudgeMakers } from '../judge.js';
import { insertedTexts } from '../row-texts.js';
import { languageOf } from './language.js';

type Kind =
  | 'long-prompts'
  | 'short-prompts'
  | 'many-characters'
  | 'few-characters'
  | 'long-answers'
  | 'unprintable'
  | 'broken-encoding'
  | 'repeated-text'
  | 'scripts'
  | 'languages';

// Controls but tab and line ends; soft hyphen, zero-width and direction marks; byte order mark; replacement; private use; lone surrogates.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd\ue000-\uf8ff]|\p{Cs}/u;

// UTF-8 read as Latin-1 or Windows-1252: a lead byte of two or three, then a byte from 0x80 to 0xBF as these show it.
const BROKEN =
  /[\u00c2\u00c3][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]|\u00e2\u20ac[\u0080-\u00bf\u2122\u0153\u201c\u201d\u02dc\u00a6]|\u00e2\u0080[\u0080-\u00bf]/u;

export const TEXT_FILTERS: JudgeMakers<Kind> = {
  'long-prompts':
    ({ tokens }, { tokensOf }) =>
    (row) => {
      const counted = tokensOf(row);
      if (counted === undefined || counted.fits) return undefined;
      return `the row has ${counted.tokens} tokens with its own answer, and does not fit ${tokens} with each that it could have`;
    },
  'short-prompts':
    ({ tokens }, { tokensOf }) =>
    (row) => {
      const counted = tokensOf(row);
      if (counted === undefined || !counted.fits) return undefined;
      return `the row has ${counted.tokens} tokens, and fewer than ${tokens} with any answer that it could have`;
    },
  'many-characters':
    ({ characters }) =>
    ({ prompt }) =>
      prompt.length > characters ? `the prompt has ${prompt.length} characters` : undefined,
  'few-characters':
    ({ characters }) =>
    ({ prompt }) =>
      prompt.length < characters ? `the prompt has ${prompt.length} characters` : undefined,
  'long-answers':
    ({ characters }) =>
    ({ answer }) =>
      answer.length > characters ? `the answer has ${answer.length} characters` : undefined,
  unprintable:
    () =>
    ({ prompt, answer }) => {
      const found = UNPRINTABLE.exec(prompt) ?? UNPRINTABLE.exec(answer);
      if (!found) return undefined;
      const code = found[0].codePointAt(0) ?? 0;
      return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    },
  'broken-encoding':
    () =>
    ({ prompt, answer }) => {
      const found = BROKEN.exec(prompt) ?? BROKEN.exec(answer);
      return found ? `"${found[0]}" was read in the wrong encoding` : undefined;
    },
  'repeated-text':
    ({ words }) =>
    (row) => {
      for (const text of insertedTexts(row)) {
        const again = repeatedRun(text, words);
        if (again !== undefined) return `"${again}" stands in one text twice`;
      }
      return undefined;
    },
  scripts: ({ allowed, share }) => {
    const own = scriptPattern(allowed);
    return (row) => {
      const letters = ownLetters(insertedTexts(row).join(' '));
      const foreign = letters.filter((letter) => !own.test(letter)).length;
      return foreign > share * letters.length
        ? `${foreign} of ${letters.length} letters are in other scripts than ${allowed.join(', ')}`
        : undefined;
    };
  },
  languages: ({ allowed, words }) => {
    const own: readonly string[] = allowed;
    return (row) => {
      for (const text of insertedTexts(row)) {
        const language = languageOf(text, words);
        if (language !== undefined && !own.includes(language))
          return `"${text.slice(0, 60)}" is written in ${language}`;
      }
      return undefined;
    };
  },
};

/** The first run of so many words that a text says a second time; case does not matter, the two do not overlap. */
export function repeatedRun(text: string, words: number): string | undefined {
  const all = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  const first = new Map<string, number>();
  for (let i = 0; i + words <= all.length; i++) {
    const run = all.slice(i, i + words).join(' ');
    const before = first.get(run);
    if (before === undefined) first.set(run, i);
    else if (before + words <= i) return run;
  }
  return undefined;
}

function ownLetters(text: string): string[] {
  return text.match(/\p{L}/gu) ?? [];
}

/** Throws SyntaxError for a script that Unicode does not name; scripts are checked before a curation begins. */
export function scriptPattern(scripts: readonly string[]): RegExp {
  return new RegExp(`^[${scripts.map((name) => `\\p{Script=${name}}`).join('')}]$`, 'u');
}
