import type { Database } from 'better-sqlite3';
import type { Instruction, Split } from '../core/instruction.js';
import { paged } from './paged.js';

/** What statistics need of a row; its text stays where it is. */
export interface RowFacts extends Pick<Instruction, 'split' | 'userId' | 'itemId' | 'label' | 'templateId'> {
  readonly characters: number; // code points of the prompt
  readonly history: number; // lines of the log that it shows beside the target
}

/** Counts that need an order of their own: SQLite sorts beside the memory of the program. */
export class StatisticsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of every row of a version, in the order in which they were kept: one range of keys, which were dealt in one transaction. */
  *rows(hash: string): IterableIterator<RowFacts> {
    const { key, first, last } = this.#database
      .prepare(
        `select version_key as key, min(instruction_key) as first, max(instruction_key) as last from instructions
         where version_key = (select version_key from dataset_versions where hash = ?)`,
      )
      .get(hash) as { key: number | null; first: number | null; last: number | null };
    if (key === null || first === null || last === null) return;
    // "+" keeps SQLite from the index by version, whose rows it would sort by key again for each page.
    const page = this.#database.prepare<
      [number, number, number, number],
      Omit<RowFacts, 'label'> & { label: number | null; key: number }
    >(
      `select instruction_key as key, split, user_id as userId, item_id as itemId, label, template_id as templateId, characters,
         length(lines) - length(replace(lines, ' ', '')) as history
       from instructions one where +version_key = ? and instruction_key > ? and instruction_key <= ?
       order by instruction_key limit ?`,
    );
    for (const { key: _, ...row } of paged(
      (after, count) => page.all(key, after, last, count),
      (one) => one.key,
      first - 1,
    )) {
      yield { ...row, label: row.label === null ? null : row.label === 1 };
    }
  }

  /** Rows of a split whose user has the same target item in another row of it, all but the first of each. */
  repeatedTargets(hash: string): Partial<Record<Split, number>> {
    const rows = this.#database
      .prepare<[string], { split: Split; repeated: number }>(
        `select split, sum(rows - 1) as repeated from (
           select split, count(*) as rows from instructions
           where version_key = (select version_key from dataset_versions where hash = ?) group by split, user_id, item_id
         ) group by split`,
      )
      .all(hash);
    return Object.fromEntries(rows.map(({ split, repeated }) => [split, repeated]));
  }
}
