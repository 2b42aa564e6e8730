import { type CutTitle, cutTitles } from '../../builders/probe/completions.js';
import type { InstructionLine } from '../../core/instruction.js';
import type { Item } from '../../core/interaction.js';
import { MOST_PROBED } from '../../core/probe-budget.js';
import { thousands } from '../../eval/numbers.js';
import type { Score } from '../../trainers/score-journal.js';
import type { ProbeBudget } from './probe-budget.js';

/** What the probe `completion` asks. */
export interface TitlesToComplete {
  readonly titles: readonly CutTitle[];
  readonly eligible: number;
  readonly budget: string; // in words
  readonly reason: string | null;
}

/**
 * bytes  of text that may be scored
 * limit  how few titles are asked at the least, and what decided the bytes
 */
export function titlesToComplete(
  items: Iterable<Item>,
  seed: number,
  bytes: number,
  { fewest, words }: Pick<ProbeBudget, 'fewest' | 'words'>,
): TitlesToComplete {
  const { titles, eligible } = cutTitles(items, seed, { bytes, fewest, most: MOST_PROBED });
  const budget = `${thousands(titles.length)} of ${thousands(eligible)} titles, drawn by seed ${seed}; ${words}`;
  const reason = titles.length > 0 ? null : 'the log has no titles of two words or more that end differently';
  return { titles, eligible, budget, reason };
}

/** A title as plain text whose end is open. */
export function completionLine({ itemId, given, endings }: CutTitle, row: number): InstructionLine {
  const [answer = ''] = endings;
  const whole: [number, number] = [0, Buffer.byteLength(given)]; // no special token stands in a title
  const line = { row, user: '', item: itemId, label: null, prompt: given, answer, values: [whole], history: [] };
  return { ...line, choices: [...endings], open: true };
}

/** scores  of the base model, by title */
export function completionResult({ titles, ...rest }: TitlesToComplete, scores: readonly Score[]) {
  const scored = titles.map((title, i) => {
    const choices = scores[i]?.choices ?? [];
    return { ...title, sums: choices.map(({ sum }) => sum), tokens: choices.map(({ tokens }) => tokens) };
  });
  return { ...rest, titles: scored };
}
