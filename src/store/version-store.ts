import type { Database } from 'better-sqlite3';
import { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import { remove } from '../platform/files.js';
import { BatchInsert } from './batch-insert.js';
import { countRows, paged, sqlLimit } from './paged.js';
import {
  SELECT_STORED,
  STORED_COLUMNS,
  type StoredInstruction,
  storedValues,
  toInstruction,
} from './stored-instruction.js';

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
      if (this.#becomesNewest(version.hash)) return;
      const key = this.#insertVersion(version, builtAt);
      let last = this.#lastInstruction();
      const rows = new BatchInsert(this.#database, 'instructions', [...KEYS, ...STORED_COLUMNS]);
      for (const one of instructions) rows.add(++last, key, ...storedValues(one));
      rows.flush();
    });
    save.immediate();
  }

  /**
   * Keeps a version while it is made, so that a long one never stands in memory, and holds the store's lock only to take it over.
   *
   * staging  a file that is made for the instructions, and removed; no other program may use it
   * fill     hands over the instructions and returns what they are; when it throws, nothing is kept
   */
  write(staging: string, builtAt: Date, fill: (add: (instruction: Instruction) => void) => DatasetVersion): void {
    const columns = STORED_COLUMNS.join(', ');
    remove(staging);
    this.#database.prepare('attach ? as staging').run(staging);
    try {
      // The file is gone after a crash in any case.
      this.#database.pragma('staging.journal_mode = off');
      this.#database.pragma('staging.synchronous = off');
      this.#database.exec(`create table staging.rows (${columns})`);
      const version = this.#database.transaction(() => {
        const rows = new BatchInsert(this.#database, 'staging.rows', STORED_COLUMNS);
        const made = fill((one) => rows.add(...storedValues(one)));
        rows.flush();
        return made;
      })();
      const take = this.#database.transaction(() => {
        if (this.#becomesNewest(version.hash)) return;
        const key = this.#insertVersion(version, builtAt);
        this.#database
          .prepare(
            `insert into instructions (${KEYS.join(', ')}, ${columns}) select ? + rowid, ?, ${columns} from staging.rows order by rowid`,
          )
          .run(this.#lastInstruction(), key);
      });
      take.immediate();
    } finally {
      this.#database.exec('detach staging');
      remove(staging);
    }
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
    const page = this.#database.prepare<[number, Split, number, number], StoredInstruction>(
      `${SELECT_STORED} from instructions where version_key = ? and split = ? and row > ? order by row limit ?`,
    );
    const rows = paged(
      (after, count) => page.all(key as number, split, after, count),
      (row) => row.row,
      -1,
      limit,
    );
    for (const row of rows) yield toInstruction(row);
  }

  /** One instruction. Without such a row: none. */
  instruction(hash: string, split: Split, row: number): Instruction | undefined {
    return this.#find(hash, split, 'row', row);
  }

  /** What became of a row of the parent in a curated version; undefined: it was removed. */
  childOf(hash: string, split: Split, parentRow: number): Instruction | undefined {
    return this.#find(hash, split, 'parent_row', parentRow);
  }

  #find(hash: string, split: Split, column: 'row' | 'parent_row', value: number): Instruction | undefined {
    const found = this.#database
      .prepare<[string, Split, number], StoredInstruction>(
        `${SELECT_STORED} from instructions
         where version_key = (select version_key from dataset_versions where hash = ?) and split = ? and ${column} = ?`,
      )
      .get(hash, split, value);
    return found && toInstruction(found);
  }

  #select(rest: string, ...values: (string | number)[]): DatasetVersion[] {
    return this.#database
      .prepare(`select json from dataset_versions ${rest}`)
      .pluck()
      .all(...values)
      .map((json) => DatasetVersion.parse(JSON.parse(json as string)));
  }

  #insertVersion(version: DatasetVersion, builtAt: Date): number {
    const newest = this.#database.prepare('select coalesce(max(newest), 0) + 1 from dataset_versions').pluck().get();
    const { hash, name, sourceId } = version;
    const made = this.#database
      .prepare('insert into dataset_versions (hash, name, source_id, newest, built_at, json) values (?, ?, ?, ?, ?, ?)')
      .run(hash, name, sourceId, newest, builtAt.toISOString(), JSON.stringify(DatasetVersion.parse(version)));
    return Number(made.lastInsertRowid);
  }

  /** Keys are dealt behind it, so that a version's are one range. They do not collide, because the transaction is immediate. */
  #lastInstruction(): number {
    return this.#database.prepare('select coalesce(max(instruction_key), 0) from instructions').pluck().get() as number;
  }

  /** Whether a version of that hash is kept. */
  #becomesNewest(hash: string): boolean {
    const update = this.#database.prepare(
      'update dataset_versions set newest = (select max(newest) + 1 from dataset_versions) where hash = ?',
    );
    return update.run(hash).changes > 0;
  }
}

const KEYS = ['instruction_key', 'version_key'];
