import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import { remove } from '../platform/files.js';
import type { BytePlace } from '../platform/staged-folder.js';
import { BatchInsert } from './batch-insert.js';
import { countRows, paged, sqlLimit } from './paged.js';
import { type LinePlace, SealedTexts } from './sealed-texts.js';
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
  readonly #texts: SealedTexts;

  constructor(database: Database) {
    this.#database = database;
    this.#texts = new SealedTexts(dirname(database.name));
  }

  /**
   * Keeps a version and its instructions in one transaction.
   * A hash that is there already is left as it is, and its instructions are not asked for; it becomes the newest of its name.
   *
   * placeOf  of the line of each in the version's sealed files; without it the store keeps the texts itself
   */
  save(
    version: DatasetVersion,
    instructions: Iterable<Instruction>,
    builtAt: Date,
    placeOf?: (instruction: Instruction) => BytePlace,
  ): void {
    const save = this.#database.transaction(() => {
      if (this.#becomesNewest(version.hash)) return;
      const key = this.#insertVersion(version, builtAt);
      let last = this.#lastInstruction();
      const rows = new BatchInsert(this.#database, 'instructions', [...KEYS, ...STORED_COLUMNS]);
      const runs = new UserRuns(new BatchInsert(this.#database, 'instruction_runs', RUN_COLUMNS), key);
      for (const one of instructions) {
        rows.add(++last, key, ...storedValues(one, placeOf?.(one)));
        runs.see(one.userId, last);
      }
      rows.flush();
      runs.flush();
    });
    save.immediate();
  }

  /**
   * Keeps a version while it is made, so that a long one never stands in memory, and holds the store's lock only to take it over.
   *
   * staging  a file that is made for the instructions, and removed; no other program may use it
   * fill     hands over the instructions, each with the place of its line in the version's sealed files (without it the store keeps the
   *          text itself), and returns what they are; when it throws, nothing is kept
   */
  write(
    staging: string,
    builtAt: Date,
    fill: (add: (instruction: Instruction, place?: BytePlace) => void) => DatasetVersion,
  ): void {
    const columns = STORED_COLUMNS.join(', ');
    remove(staging);
    this.#database.prepare('attach ? as staging').run(staging);
    try {
      // The file is gone after a crash in any case.
      this.#database.pragma('staging.journal_mode = off');
      this.#database.pragma('staging.synchronous = off');
      this.#database.exec(
        `create table staging.rows (${columns}); create table staging.runs (${RUN_COLUMNS.join(', ')})`,
      );
      const version = this.#database.transaction(() => {
        const rows = new BatchInsert(this.#database, 'staging.rows', STORED_COLUMNS);
        const runs = new UserRuns(new BatchInsert(this.#database, 'staging.runs', RUN_COLUMNS), 0);
        let staged = 0;
        const made = fill((one, place) => {
          rows.addRow(storedValues(one, place));
          runs.see(one.userId, ++staged);
        });
        rows.flush();
        runs.flush();
        return made;
      })();
      const take = this.#database.transaction(() => {
        if (this.#becomesNewest(version.hash)) return;
        const key = this.#insertVersion(version, builtAt);
        const last = this.#lastInstruction();
        this.#database
          .prepare(
            `insert into instructions (${KEYS.join(', ')}, ${columns}) select ? + rowid, ?, ${columns} from staging.rows order by rowid`,
          )
          .run(last, key);
        this.#database
          .prepare(
            `insert into instruction_runs (${RUN_COLUMNS.join(', ')})
             select ?, user_id, ? + first_key, ? + last_key from staging.runs order by user_id, first_key`,
          )
          .run(key, last, last);
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

  /**
   * Instructions of one split, by row. Without such a version: none.
   * throws  RectuneError 'data' when the version's sealed files are not there or were changed
   */
  *instructions(hash: string, split: Split, limit?: number): IterableIterator<Instruction> {
    const version = this.#known(hash);
    if (version === undefined) return;
    const { key } = version;
    const page = this.#database.prepare<[number, Split, number, number], StoredInstruction>(
      `${SELECT_STORED} from instructions where version_key = ? and split = ? and row > ? order by row limit ?`,
    );
    yield* paged(
      (after, count) => this.#withTexts(version, split, page.all(key, split, after, count)),
      (row) => row.row,
      -1,
      limit,
    );
  }

  /** One instruction. Without such a row: none. Throws as instructions() does. */
  instruction(hash: string, split: Split, row: number): Instruction | undefined {
    return this.#find(hash, split, 'row', row);
  }

  /** What became of a row of the parent in a curated version; undefined: it was removed. */
  childOf(hash: string, split: Split, parentRow: number): Instruction | undefined {
    return this.#find(hash, split, 'parent_row', parentRow);
  }

  #find(hash: string, split: Split, column: 'row' | 'parent_row', value: number): Instruction | undefined {
    const version = this.#known(hash);
    if (version === undefined) return undefined;
    const found = this.#database
      .prepare<[number, Split, number], StoredInstruction>(
        `${SELECT_STORED} from instructions where version_key = ? and split = ? and ${column} = ?`,
      )
      .get(version.key, split, value);
    return found && this.#withTexts(version, split, [found])[0];
  }

  #known(hash: string): KnownVersion | undefined {
    return this.#database
      .prepare<[string], KnownVersion>('select version_key as key, hash, name from dataset_versions where hash = ?')
      .get(hash);
  }

  /** Rows of a split with their texts, from the sealed file or their own. */
  #withTexts(version: KnownVersion, split: Split, rows: readonly StoredInstruction[]): Instruction[] {
    const places: LinePlace[] = [];
    for (const { row, begin, length } of rows) {
      if (begin !== null && length !== null) places.push({ row, begin, length });
    }
    const texts = places.length === 0 ? [] : this.#texts.read(version, split, places);
    let next = 0;
    return rows.map((row) => toInstruction(row, row.begin === null ? undefined : texts[next++]));
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

interface KnownVersion {
  readonly key: number;
  readonly hash: string;
  readonly name: string;
}

const RUN_COLUMNS = ['version_key', 'user_id', 'first_key', 'last_key'];

/** Runs of neighbouring rows of one user: where the rows of a user are found. */
class UserRuns {
  readonly #runs: BatchInsert;
  readonly #version: number;
  #user: string | undefined;
  #first = 0;
  #last = 0;

  constructor(runs: BatchInsert, version: number) {
    this.#runs = runs;
    this.#version = version;
  }

  /** Keys come in order, without gaps. */
  see(user: string, key: number): void {
    if (user !== this.#user) {
      this.#end();
      this.#user = user;
      this.#first = key;
    }
    this.#last = key;
  }

  flush(): void {
    this.#end();
    this.#runs.flush();
  }

  #end(): void {
    if (this.#user !== undefined) this.#runs.add(this.#version, this.#user, this.#first, this.#last);
    this.#user = undefined;
  }
}

const KEYS = ['instruction_key', 'version_key'];
