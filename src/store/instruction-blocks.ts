import type { Database, Statement } from 'better-sqlite3';
import { SPLITS, type Split } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import type { BytePlace } from '../platform/staged-folder.js';
import { InstructionBlock } from './instruction-block.js';
import { InstructionColumns, type StoredBlock } from './instruction-columns.js';

/** By the names of StoredBlock. In the table, the short ones that are asked for of many blocks stand first: SQLite reads a row from its begin. */
const COLUMNS: Readonly<Record<keyof StoredBlock, string>> = {
  split: 'split',
  firstRow: 'first_row',
  size: 'size',
  users: 'users',
  userOf: 'user_of',
  items: 'items',
  itemOf: 'item_of',
  templates: 'templates',
  templateOf: 'template_of',
  labels: 'labels',
  characters: 'characters',
  counts: 'line_counts',
  lines: 'lines',
  lows: 'fingerprints_low',
  highs: 'fingerprints_high',
  bits: 'fingerprint_bits',
  answers: 'answers',
  answerOf: 'answer_of',
  rows: 'row_numbers',
  parents: 'parent_rows',
  labelCounts: 'label_counts',
  historyLabels: 'history_labels',
  parts: 'parts',
  ownParts: 'own_parts',
  lengths: 'line_lengths',
  firstBegin: 'first_begin',
  begins: 'line_begins',
  ownTexts: 'own_texts',
};
const NAMES = Object.keys(COLUMNS) as (keyof StoredBlock)[];
const ALL = Object.values(COLUMNS).join(', ');

/** Columns that tell which rows there are: every block is read with these. */
const ALWAYS = ['split', 'firstRow', 'size', 'rows'] as const satisfies readonly (keyof StoredBlock)[];

/** Instructions in SQLite, many rows in one of its own (docs/decisions/0016). */
export class InstructionBlocks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A table for blocks that are no version's yet. schema: of a database that is attached */
  makeStaging(schema: string): void {
    this.#database.exec(`create table ${schema}.blocks (${ALL})`);
  }

  /** Gives staged blocks to a version. */
  takeStaged(schema: string, versionKey: number): void {
    this.#database
      .prepare(
        `insert into instruction_blocks (version_key, ${ALL}) select ?, ${ALL} from ${schema}.blocks order by rowid`,
      )
      .run(versionKey);
  }

  /** Where rows are kept from now on: as blocks of a version, or staged. Use inside a transaction. */
  writer(to: { versionKey: number } | { schema: string }): InstructionWriter {
    const values = NAMES.map((name) => `@${name}`).join(', ');
    const insert =
      'schema' in to
        ? `insert into ${to.schema}.blocks (${ALL}) values (${values})`
        : `insert into instruction_blocks (version_key, ${ALL}) values (${to.versionKey}, ${values})`;
    return new InstructionWriter(this.#database.prepare(insert));
  }

  /**
   * Blocks of a split in order of their rows. The store may be written to meanwhile.
   *
   * columns  that will be asked for; all without it
   * ofUser   leaves out blocks that have no row of this user
   */
  *all(
    versionKey: number,
    split: Split,
    columns: readonly (keyof StoredBlock)[] = NAMES,
    ofUser?: string,
  ): Generator<InstructionBlock, void> {
    const [which, named] = ofUser === undefined ? ['', []] : ['and instr(users, ?) > 0', [JSON.stringify(ofUser)]];
    const next = this.#select(columns, `first_row > ? ${which} order by first_row limit 1`);
    for (let after = -1; ; ) {
      const stored = next.get(versionKey, split, after, ...named);
      if (stored === undefined) return;
      yield new InstructionBlock(stored);
      after = stored.firstRow;
    }
  }

  /** The block that holds a row, if there is such a row. */
  holding(versionKey: number, split: Split, row: number): InstructionBlock | undefined {
    const stored = this.#select(NAMES, 'first_row <= ? order by first_row desc limit 1').get(versionKey, split, row);
    return stored && new InstructionBlock(stored);
  }

  /** How many rows a split has. */
  rowCount(versionKey: number, split: Split): number {
    return this.#database
      .prepare('select coalesce(sum(size), 0) from instruction_blocks where version_key = ? and split = ?')
      .pluck()
      .get(versionKey, split) as number;
  }

  /** Bits that all fingerprints of a version have. */
  fingerprintBits(versionKey: number): number {
    return this.#database
      .prepare('select coalesce(min(fingerprint_bits), 64) from instruction_blocks where version_key = ?')
      .pluck()
      .get(versionKey) as number;
  }

  #select(columns: readonly (keyof StoredBlock)[], which: string): Statement<unknown[], StoredBlock> {
    const named = [...new Set([...ALWAYS, ...columns])].map((name) => `${COLUMNS[name]} as ${name}`);
    return this.#database.prepare<unknown[], StoredBlock>(
      `select ${named.join(', ')} from instruction_blocks where version_key = ? and split = ? and ${which}`,
    );
  }
}

/** Takes rows and keeps them block by block. */
export class InstructionWriter {
  readonly #insert: Statement;
  readonly #columns: Record<Split, InstructionColumns>;

  constructor(insert: Statement) {
    this.#insert = insert;
    const [train, valid, test] = SPLITS.map((split) => new InstructionColumns(split)) as [
      InstructionColumns,
      InstructionColumns,
      InstructionColumns,
    ];
    this.#columns = { train, valid, test };
  }

  /** Rows of a split come in their order; splits may take turns. place: as InstructionColumns.add() has it */
  add(one: MadeRow, place: BytePlace | undefined): void {
    const columns = this.#columns[one.split];
    columns.add(one, place);
    if (columns.isFull) this.#insert.run(columns.take());
  }

  /** Keeps the rows that fill no block. */
  flush(): void {
    for (const split of SPLITS) {
      if (this.#columns[split].size > 0) this.#insert.run(this.#columns[split].take());
    }
  }
}
