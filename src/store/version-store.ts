import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, InstructionFacts, Split } from '../core/instruction.js';
import { MadeRow } from '../core/made-row.js';
import { remove } from '../platform/files.js';
import type { BytePlace } from '../platform/staged-folder.js';
import { FACTS, type InstructionBlock } from './instruction-block.js';
import { InstructionBlocks } from './instruction-blocks.js';
import { countRows, sqlLimit } from './row-counts.js';
import { type LinePlace, SealedTexts } from './sealed-texts.js';

const SHORTEST_PREFIX = 6; // digits of a hash that name a version
const PAGE = 256; // rows whose texts are read at once
const REMEMBERED = 8; // blocks

/** Dataset versions and their instructions. */
export class VersionStore {
  readonly #database: Database;
  readonly #blocks: InstructionBlocks;
  readonly #texts: SealedTexts;
  readonly #lastBlocks = new Map<string, InstructionBlock>(); // by version and split, the latest last: rows are asked for in any order

  constructor(database: Database) {
    this.#database = database;
    this.#blocks = new InstructionBlocks(database);
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
      const writer = this.#blocks.writer({ versionKey: this.#insertVersion(version, builtAt) });
      const row = new MadeRow();
      for (const one of instructions) writer.add(row.set(one), placeOf?.(one));
      writer.flush();
    });
    save.immediate();
  }

  /**
   * Keeps a version while it is made, so that a long one never stands in memory, and holds the store's lock only to take it over.
   *
   * staging  a file that is made for the instructions, and removed; no other program may use it
   * fill     hands over the rows, each with the place of its line in the version's sealed files (without it the store keeps the
   *          text itself), and returns what they are; when it throws, nothing is kept
   */
  write(
    staging: string,
    builtAt: Date,
    fill: (add: (row: MadeRow, place?: BytePlace) => void) => DatasetVersion,
  ): void {
    remove(staging);
    this.#database.prepare('attach ? as staging').run(staging);
    try {
      // The file is gone after a crash in any case.
      this.#database.pragma('staging.journal_mode = off');
      this.#database.pragma('staging.synchronous = off');
      this.#blocks.makeStaging('staging');
      const version = this.#database.transaction(() => {
        const writer = this.#blocks.writer({ schema: 'staging' });
        const made = fill((one, place) => writer.add(one, place));
        writer.flush();
        return made;
      })();
      const take = this.#database.transaction(() => {
        if (this.#becomesNewest(version.hash)) return;
        this.#blocks.takeStaged('staging', this.#insertVersion(version, builtAt));
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
  *instructions(hash: string, split: Split, limit = Number.POSITIVE_INFINITY): IterableIterator<Instruction> {
    const version = this.#known(hash);
    if (version === undefined) return;
    let left = limit;
    for (const block of this.#blocks.all(version.key, split)) {
      for (let begin = 0; begin < block.size && left > 0; begin += PAGE) {
        const rows = this.#withTexts(version, block, begin, Math.min(block.size, begin + PAGE, begin + left));
        yield* rows;
        left -= rows.length;
      }
      if (left <= 0) return;
    }
  }

  /** What is known of the same rows without their texts, which are not read: many times faster. */
  *facts(hash: string, split: Split): IterableIterator<InstructionFacts> {
    const version = this.#known(hash);
    if (version === undefined) return;
    for (const block of this.#blocks.all(version.key, split, FACTS)) {
      for (let index = 0; index < block.size; index++) yield block.facts(index);
    }
  }

  /** One instruction. Without such a row: none. Throws as instructions() does. */
  instruction(hash: string, split: Split, row: number): Instruction | undefined {
    const version = this.#known(hash);
    const block = version && this.#holding(version, split, row);
    const index = block?.indexOf(row);
    return index === undefined || version === undefined || block === undefined
      ? undefined
      : this.#withTexts(version, block, index, index + 1)[0];
  }

  /** Versions never change, so blocks that were read before are still right. */
  #holding({ key, hash }: KnownVersion, split: Split, row: number): InstructionBlock | undefined {
    for (const [name, block] of this.#lastBlocks) {
      if (name.startsWith(`${hash} ${split} `) && block.indexOf(row) !== undefined) return block;
    }
    const found = this.#blocks.holding(key, split, row);
    if (found === undefined) return undefined;
    this.#lastBlocks.set(`${hash} ${split} ${found.rows[0]}`, found);
    for (const name of this.#lastBlocks.keys()) {
      if (this.#lastBlocks.size <= REMEMBERED) break;
      this.#lastBlocks.delete(name);
    }
    return found;
  }

  #known(hash: string): KnownVersion | undefined {
    return this.#database
      .prepare<[string], KnownVersion>('select version_key as key, hash, name from dataset_versions where hash = ?')
      .get(hash);
  }

  /** Rows of a block with their texts, from the sealed file or their own. */
  #withTexts(version: KnownVersion, block: InstructionBlock, begin: number, end: number): Instruction[] {
    const places = Array.from({ length: end - begin }, (_, i) => block.place(begin + i));
    const sealed = places.filter((place): place is LinePlace => place !== undefined);
    const texts = sealed.length === 0 ? [] : this.#texts.read(version, block.split, sealed);
    let next = 0;
    return places.map((place, i) => block.instruction(begin + i, place && texts[next++]));
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
