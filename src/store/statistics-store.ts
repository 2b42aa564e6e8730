import type { Database } from 'better-sqlite3';
import { type Instruction, SPLITS, type Split } from '../core/instruction.js';
import { nameOf } from './instruction-block.js';
import { InstructionBlocks } from './instruction-blocks.js';
import { versionKey } from './version-key.js';

/** What statistics need of a row; its text stays where it is. */
export interface RowFacts extends Pick<Instruction, 'split' | 'userId' | 'itemId' | 'label' | 'templateId'> {
  readonly characters: number; // code points of the prompt
  readonly history: number; // lines of the log that it shows beside the target
}

const MOST_ITEMS = 2 ** 26; // so that a user and an item are one exact number

/** What can be counted of rows without their texts. */
export class StatisticsStore {
  readonly #database: Database;
  readonly #blocks: InstructionBlocks;

  constructor(database: Database) {
    this.#database = database;
    this.#blocks = new InstructionBlocks(database);
  }

  /** Of every row of a version, split by split, those of a split in order. */
  *rows(hash: string): IterableIterator<RowFacts> {
    const key = versionKey(this.#database, hash);
    if (key === undefined) return;
    for (const split of SPLITS) {
      for (const block of this.#blocks.all(key, split, FACTS)) {
        const { users, items, templates, characters } = block;
        const { begins } = block.lines;
        for (let i = 0; i < block.size; i++) {
          yield {
            split,
            userId: nameOf(users, i),
            itemId: nameOf(items, i),
            label: block.label(i),
            templateId: nameOf(templates, i),
            characters: characters[i] as number,
            history: (begins[i + 1] as number) - (begins[i] as number) - 1,
          };
        }
      }
    }
  }

  /** Rows of a split whose user has the same target item in another row of it, all but the first of each. Takes 8 bytes a row. */
  repeatedTargets(hash: string): Partial<Record<Split, number>> {
    const key = versionKey(this.#database, hash);
    const repeated: Partial<Record<Split, number>> = {};
    for (const split of key === undefined ? [] : SPLITS) {
      const [users, items] = [new Map<string, number>(), new Map<string, number>()];
      const pairs: Float64Array[] = [];
      for (const block of this.#blocks.all(key as number, split, ['users', 'userOf', 'items', 'itemOf'])) {
        const [user, item] = [numbersOf(block.users.names, users), numbersOf(block.items.names, items)];
        const { users: one, items: other } = block;
        const pairOf = (_: unknown, i: number): number =>
          (user[one.of[i] as number] as number) * MOST_ITEMS + (item[other.of[i] as number] as number);
        pairs.push(Float64Array.from({ length: block.size }, pairOf));
      }
      if (pairs.length > 0) repeated[split] = repeats(pairs);
    }
    return repeated;
  }
}

const FACTS = [
  'users',
  'userOf',
  'items',
  'itemOf',
  'templates',
  'templateOf',
  'labels',
  'characters',
  'counts',
  'lines',
] as const;

/** The number of each name among all. */
function numbersOf(names: readonly string[], known: Map<string, number>): number[] {
  return names.map((name) => {
    const number = known.get(name) ?? known.size;
    known.set(name, number);
    return number;
  });
}

/** How many numbers there are beyond the first of each kind. */
function repeats(pieces: readonly Float64Array[]): number {
  const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const piece of pieces) {
    all.set(piece, next);
    next += piece.length;
  }
  all.sort();
  let count = 0;
  for (let i = 1; i < all.length; i++) if (all[i] === all[i - 1]) count += 1;
  return count;
}
