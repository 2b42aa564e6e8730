import { l, n } from 'js-rouge';
import type { OverlapMetric } from '../../core/written-texts.js';

/**
 * ROUGE of a text against one reference, as F1 (beta 1): ROUGE-1 and ROUGE-2 count shared words and pairs of neighbouring words, ROUGE-L the longest common
 * subsequence of words. Words are runs of letters and digits in lower case, without stemming. 0 when nothing is shared, and when either text has no word.
 *
 * source  Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"
 */
export function rouge(metric: OverlapMetric, text: string, reference: string): number {
  const [written, own] = [wordsOf(text), wordsOf(reference)];
  const least = metric === 'rouge2' ? 2 : 1;
  if (written.length < least || own.length < least) return 0;
  const [candidate, wanted] = [written.join(' '), own.join(' ')];
  if (metric === 'rougeL') return l(candidate, wanted, { tokenizer: wordsOf, segmenter: (whole) => [whole] });
  return n(candidate, wanted, { n: metric === 'rouge1' ? 1 : 2, tokenizer: wordsOf });
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
