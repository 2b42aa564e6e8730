import type { Database, Statement } from 'better-sqlite3';
import { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import { BatchInsert } from './batch-insert.js';
import { countRows, paged, sqlLimit } from './paged.js';

const SHORTEST_PREFIX = 6; // digits of a hash that name a version

/** Dataset versions and their instructions. */
export class VersionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a version and its instructions in one transaction.
   * A hash that is there already is left as it is, and its instructions are not asked for; it becomes the newest of its name.
   */
  save(version: DatasetVersion, instructions: Iterable<Instruction>, builtAt: Date): void {
    const save = this.#database.transaction(() => {
      const newest = this.#database
        .prepare('select coalesce(max(newest), 0) + 1 from dataset_versions')
        .pluck()
        .get() as number;
      const known = this.#database
        .prepare('update dataset_versions set newest = ? where hash = ?')
        .run(newest, version.hash);
      if (known.changes > 0) return;
      const { hash, name, sourceId } = version;
      const made = this.#database
        .prepare(
          'insert into dataset_versions (hash, name, source_id, newest, built_at, json) values (?, ?, ?, ?, ?, ?)',
        )
        .run(hash, name, sourceId, newest, builtAt.toISOString(), JSON.stringify(DatasetVersion.parse(version)));
      this.#insert(Number(made.lastInsertRowid), instructions);
    });
    save.immediate();
  }

  /**
   * The newest version of a name, or the version of a hash or of its unique prefix of at least 6 digits. A name wins over a hash.
   * throws  RectuneError 'usage' for a prefix that several versions share
   */
  find(nameOrHash: string): DatasetVersion | undefined {
    const [named] = this.#select('where name = ? order by newest desc limit 1', nameOrHash);
    if (named) return named;
    if (nameOrHash.length < SHORTEST_PREFIX || !/^[0-9a-f]+$/.test(nameOrHash)) return undefined;
    const found = this.#select('where hash >= ? and hash < ? order by hash', nameOrHash, `${nameOrHash}g`);
    if (found.length <= 1) return found[0];
    const hashes = found.map((version) => `${version.hash.slice(0, nameOrHash.length + 6)} (${version.name})`);
    throw new RectuneError(
      'usage',
      `${found.length} dataset versions begin with "${nameOrHash}"`,
      hashes.join(', '),
      'write more digits of the hash',
    );
  }

  count(): number {
    return countRows(this.#database, 'dataset_versions');
  }

  /** Newest first. */
  list(limit?: number): DatasetVersion[] {
    return this.#select('order by newest desc limit ?', sqlLimit(limit));
  }

  /** Instructions of one split, by row. Without such a version: none. */
  *instructions(hash: string, split: Split, limit?: number): IterableIterator<Instruction> {
    const key = this.#database.prepare('select version_key from dataset_versions where hash = ?').pluck().get(hash);
    if (key === undefined) return;
    const page = this.#database.prepare<[number, Split, number, number], InstructionRow>(
      `${INSTRUCTION_COLUMNS} from instructions where version_key = ? and split = ? and row > ? order by row limit ?`,
    );
    const lines = this.#linesOf();
    const rows = paged(
      (after, count) => page.all(key as number, split, after, count),
      (row) => row.row,
      -1,
      limit,
    );
    for (const row of rows) yield toInstruction(row, lines);
  }

  /** One instruction. Without such a row: none. */
  instruction(hash: string, split: Split, row: number): Instruction | undefined {
    return this.#one(hash, split, 'row', row);
  }

  /** What became of a row of the parent in a curated version; undefined: it was removed. */
  childOf(hash: string, split: Split, parentRow: number): Instruction | undefined {
    return this.#one(hash, split, 'parent_row', parentRow);
  }

  #one(hash: string, split: Split, column: 'row' | 'parent_row', value: number): Instruction | undefined {
    const found = this.#database
      .prepare<[string, Split, number], InstructionRow>(
        `${INSTRUCTION_COLUMNS} from instructions
         where version_key = (select version_key from dataset_versions where hash = ?) and split = ? and ${column} = ?`,
      )
      .get(hash, split, value);
    return found && toInstruction(found, this.#linesOf());
  }

  #select(rest: string, ...values: (string | number)[]): DatasetVersion[] {
    return this.#database
      .prepare(`select json from dataset_versions ${rest}`)
      .pluck()
      .all(...values)
      .map((json) => DatasetVersion.parse(JSON.parse(json as string)));
  }

  #linesOf(): Statement<[number], number> {
    return this.#database
      .prepare<[number], number>(
        'select log_index from instruction_interactions where instruction_key = ? order by position',
      )
      .pluck() as Statement<[number], number>;
  }

  #insert(versionKey: number, instructions: Iterable<Instruction>): void {
    const rows = new BatchInsert(this.#database, 'instructions', [
      'instruction_key',
      'version_key',
      'split',
      'row',
      'user_id',
      'item_id',
      'label',
      'template_id',
      'template_version',
      'instruction',
      'input',
      'answer',
      'prompt',
      'marks',
      'answers',
      'parent_row',
    ]);
    const columns = ['instruction_key', 'position', 'log_index'];
    const lines = new BatchInsert(this.#database, 'instruction_interactions', columns, [rows]);
    // Keys are dealt here, so that rows and their lines can go in batches. They do not collide: the transaction is immediate.
    let key = this.#database
      .prepare('select coalesce(max(instruction_key), 0) from instructions')
      .pluck()
      .get() as number;
    for (const one of instructions) {
      key += 1;
      rows.add(
        key,
        versionKey,
        one.split,
        one.row,
        one.userId,
        one.itemId,
        one.label === null ? null : Number(one.label),
        one.templateId,
        one.templateVersion,
        one.instruction,
        one.input,
        one.answer,
        one.prompt,
        JSON.stringify([one.values, one.history, one.historyLabels]),
        one.choices === null ? null : JSON.stringify([one.scored, one.choices, one.candidates]),
        one.parentRow ?? null,
      );
      lines.add(key, 0, one.target);
      for (const [index, logIndex] of one.historyInteractions.entries()) lines.add(key, index + 1, logIndex);
    }
    lines.flush();
    rows.flush();
  }
}

type Text = 'userId' | 'itemId' | 'templateId' | 'instruction' | 'input' | 'answer' | 'prompt';
type InstructionRow = Pick<Instruction, Text | 'row' | 'split' | 'templateVersion'> & {
  key: number;
  label: number | null;
  marks: string;
  answers: string | null;
  parentRow: number | null;
};

const INSTRUCTION_COLUMNS = `select instruction_key as key, split, row, user_id as userId, item_id as itemId, label,
  template_id as templateId, template_version as templateVersion, instruction, input, answer, prompt, marks, answers,
  parent_row as parentRow`;

function toInstruction(row: InstructionRow, linesOf: Statement<[number], number>): Instruction {
  const [values, history, historyLabels] = JSON.parse(row.marks);
  const [scored, choices, candidates] = row.answers === null ? [null, null, null] : JSON.parse(row.answers);
  const [target, ...historyInteractions] = linesOf.all(row.key);
  if (target === undefined) throw new Error(`instruction ${row.key} has no target interaction`);
  return {
    row: row.row,
    split: row.split,
    ...(row.parentRow === null ? {} : { parentRow: row.parentRow }),
    userId: row.userId,
    itemId: row.itemId,
    label: row.label === null ? null : row.label === 1,
    choices,
    scored,
    candidates,
    templateId: row.templateId,
    templateVersion: row.templateVersion,
    instruction: row.instruction,
    input: row.input,
    answer: row.answer,
    prompt: row.prompt,
    values,
    history,
    historyLabels,
    target,
    historyInteractions,
  };
}
