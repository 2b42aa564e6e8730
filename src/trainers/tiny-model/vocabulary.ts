/** One token of a SentencePiece vocabulary as native/ takes it for `init`. */
export interface VocabularyToken {
  readonly text: string; // "▁" stands for a space
  readonly score: number; // the pair whose joint text has the highest score is merged first
  readonly kind: 'normal' | 'unknown' | 'control' | 'byte';
}

export interface Vocabulary {
  readonly tokens: readonly VocabularyToken[];
  readonly bos: number;
  readonly eos: number;
}

const SPACE = '▁';
const SPECIAL: readonly VocabularyToken[] = [
  { text: '<unk>', score: 0, kind: 'unknown' },
  { text: '<s>', score: 0, kind: 'control' },
  { text: '</s>', score: 0, kind: 'control' },
];

/** What the text does not hold is spelt in bytes, so that every text can be written; a newline always is. */
const BYTES: readonly VocabularyToken[] = Array.from({ length: 256 }, (_, byte) => ({
  text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  score: 0,
  kind: 'byte',
}));

/**
 * Learns a vocabulary from text by byte-pair encoding: again and again the most frequent pair of neighbours becomes one piece.
 * A piece never crosses a space or a newline; the space before a word belongs to the word. Of equally frequent pairs the
 * first in the order of code units wins, so the same texts give the same vocabulary.
 *
 * size     most tokens, special tokens, bytes and single characters included
 * source   Sennrich, Haddow and Birch 2016, arXiv:1508.07909; Kudo and Richardson 2018, arXiv:1808.06226
 */
export function learnVocabulary(texts: Iterable<string>, size: number): Vocabulary {
  const words = countWords(texts);
  const characters = [...new Set(words.flatMap(({ pieces }) => pieces))].sort();
  const free = size - SPECIAL.length - BYTES.length - characters.length;
  if (free < 0) throw new RangeError(`a vocabulary of ${size} tokens has no room for bytes and single characters`);
  const merged: string[] = [];
  while (merged.length < free) {
    const pair = mostFrequentPair(words);
    if (!pair) break;
    const text = pair.join('');
    if (!merged.includes(text)) merged.push(text);
    for (const word of words) word.pieces = mergePair(word.pieces, pair);
  }
  const pieces = [...merged, ...characters];
  const normal = pieces.map((text, rank): VocabularyToken => ({ text, score: -rank - 1, kind: 'normal' }));
  return { tokens: [...SPECIAL, ...BYTES, ...normal], bos: 1, eos: 2 };
}

interface CountedWord {
  readonly count: number;
  pieces: readonly string[];
}

/** The different words of the texts, each as its characters; the space before a word is its first. */
function countWords(texts: Iterable<string>): CountedWord[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.replaceAll(' ', SPACE).matchAll(/▁?[^▁\n]+|▁/gu)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => ({ count, pieces: [...word] }));
}

/** Undefined when no pair stands there twice: learning it would be learning by heart. */
function mostFrequentPair(words: readonly CountedWord[]): readonly [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { count, pieces } of words) {
    for (let i = 1; i < pieces.length; i++) {
      const pair = `${pieces[i - 1]}\n${pieces[i]}`; // no piece holds a newline
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 1;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair;
      most = count;
    }
  }
  return best?.split('\n') as [string, string] | undefined;
}

function mergePair(pieces: readonly string[], [first, second]: readonly [string, string]): readonly string[] {
  const merged: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === first && pieces[i + 1] === second) {
      merged.push(first + second);
      i += 1;
    } else merged.push(pieces[i] as string);
  }
  return merged.length === pieces.length ? pieces : merged;
}
