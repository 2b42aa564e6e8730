import type { Instruction } from '../../core/instruction.js';

/** The texts that were inserted into a prompt: titles, reviews, preferences, in the order of the prompt. */
export function insertedTexts({ prompt, values }: Pick<Instruction, 'prompt' | 'values'>): string[] {
  const bytes = Buffer.from(prompt);
  return values.map(([begin, end]) => bytes.toString('utf8', begin, end));
}

/** All of them and the answer, a line each: what tells one row from another of the same template. */
export function ownText(row: Pick<Instruction, 'prompt' | 'values'>): string {
  return insertedTexts(row).join('\n');
}
