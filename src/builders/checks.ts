import { RectuneError } from '../core/errors.js';
import { type Instruction, SPLITS, type Split } from '../core/instruction.js';
import { sha256 } from '../platform/files.js';
import type { UserSequence } from './user-sequences.js';

const NAMED = 5; // rows that an error names

/** A row as errors name it: "test row 3". */
export function rowName(row: { readonly split: Split; readonly row: number }): string {
  return `${row.split} row ${row.row}`;
}

/**
 * Proves what every dataset version promises: a history holds nothing but interactions of the same user that stand before the
 * target, oldest first, and each answer is one of its row's choices. Works on the instructions themselves, apart from the code that
 * made them.
 *
 * throws  RectuneError 'data' that names the first rows which break it
 */
export function checkInstructions(instructions: Iterable<Instruction>, sequences: readonly UserSequence[]): void {
  const places = new Map<number, { userId: string; position: number }>();
  for (const { userId, interactions } of sequences) {
    interactions.forEach(({ logIndex }, position) => {
      places.set(logIndex, { userId, position });
    });
  }
  const leaking: string[] = [];
  const strange: string[] = [];
  for (const instruction of instructions) {
    const path = [...instruction.historyInteractions, instruction.target].map((line) => places.get(line));
    const rising = path.every((place, i) => {
      const before = path[i - 1];
      return (
        place?.userId === instruction.userId && (i === 0 || (before !== undefined && before.position < place.position))
      );
    });
    if (!rising) leaking.push(rowName(instruction));
    if (instruction.choices && !instruction.choices.includes(instruction.answer)) strange.push(rowName(instruction));
  }
  refuse(leaking, 'hold the target or something later in their history');
  refuse(strange, 'have an answer that is none of their choices');
}

/**
 * Rows of valid and test whose prompt stands, letter by letter, in an earlier split as well. Published cuts have some,
 * so they are counted and not refused.
 */
export function countTwinPrompts(splits: Readonly<Record<Split, Iterable<Pick<Instruction, 'prompt'>>>>): {
  valid: number;
  test: number;
} {
  const seen = new Map<string, Split>(); // first split, by hash: many prompts would not fit into memory
  const twins = { train: 0, valid: 0, test: 0 };
  for (const split of SPLITS) {
    for (const { prompt } of splits[split]) {
      const key = sha256(prompt).slice(0, 32);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, split);
      else if (first !== split) twins[split] += 1;
    }
  }
  return { valid: twins.valid, test: twins.test };
}

/** Throws when there are rows to refuse. */
export function refuse(rows: readonly string[], what: string, fix = 'this is a fault of the program: report it'): void {
  if (rows.length === 0) return;
  const named = rows.slice(0, NAMED).join(', ');
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
  throw new RectuneError('data', `${rows.length} rows ${what}`, `${named}${more}`, fix);
}
