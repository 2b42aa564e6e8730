import type { Database } from 'better-sqlite3';
import type { Interaction, Item, Reject, User } from '../core/interaction.js';
import type { LogColumns } from '../core/log-columns.js';
import { Source } from '../core/source.js';
import { BatchInsert } from './batch-insert.js';
import { BLOCK_ROWS, InteractionBlocks } from './interaction-blocks.js';
import { KeptLog } from './kept-log.js';
import { LogKeeper, sweepLogs } from './log-keeper.js';
import { LogWriter } from './log-writer.js';
import { countRows, sqlLimit } from './paged.js';

/** Takes the rows of one source while it is imported: a user and an item once, before the first interaction that names them. */
export interface SourceWriter {
  /** Returns the item's position: from 0, in the order of the calls. */
  item(item: Item): number;
  /** Returns the user's position: from 0, in the order of the calls. */
  user(user: User): number;
  /** Takes interactions in log order; the batch is free for other rows when it returns. */
  columns(batch: LogColumns): void;
  reject(reject: Reject): void;
}

/** Ids of a source by position. */
export interface SourceIds {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
}

/** Imported logs and their rows. */
export class SourceStore {
  readonly #database: Database;
  readonly #log: KeptLog;

  readonly #mostRows: number;
  #isWriting = false;

  /** mostRows  that SQLite keeps of a log; a larger one lies in a file beside it */
  constructor(database: Database, mostRows: number) {
    this.#database = database;
    this.#log = new KeptLog(database);
    this.#mostRows = mostRows;
  }

  /** Whether rows of a source were taken whose transaction is open still. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** As writing, at once. fill: hands over the rows and returns what was imported */
  write(id: string, fill: (writer: SourceWriter) => Source): Source {
    const steps = this.writing(id, function* (writer) {
      yield;
      return fill(writer);
    });
    steps.next();
    return steps.next().value as Source;
  }

  /**
   * Replaces a source and all its rows in one transaction, as they are read: a long log never stands in memory. The file of a large log
   * is on the disk before the transaction ends, and that of the old source goes after it. The transaction is open between the steps: others of
   * this process keep off the store until the last one. Where the steps end early, the old source is still there.
   *
   * fill    hands over the rows, in steps, and returns what was imported; when it throws, the old source is still there
   * throws  RangeError when an interaction names a user or an item that was not handed over before, or comes before the last one
   */
  writing(id: string, fill: (writer: SourceWriter) => Generator<void, Source>): Generator<void, Source> {
    const none = { userIds: [], itemIds: [] };
    return this.#durably(id, () => ({ key: this.#renew(id), again: [], stay: 0, ids: none, fill }));
  }

  /**
   * Adds to a source, in one transaction as writing: interactions behind those that it has, and the users, items and rejects that come with them.
   *
   * fill    hands them over, in steps, positions going on from those that there are, and returns what the whole source is now; when it throws, the
   *         source is as it was
   * throws  as write; RectuneError 'data' when the file of a large log is not there or damaged
   */
  growing(
    id: string,
    fill: (writer: SourceWriter, ids: SourceIds) => Generator<void, Source>,
  ): Generator<void, Source> {
    return this.#durably(id, () => {
      const key = this.#keyOf(id);
      if (key === undefined) throw new Error(`there is no source "${id}" that could grow`);
      const ids = { userIds: this.#ids('users', key), itemIds: this.#ids('items', key) };
      return { key, ...this.#log.reopened(key), ids, fill: (writer) => fill(writer, ids) };
    });
  }

  /** With the commit on the disk when it returns, not only in the order of commits: files are removed after it. */
  *#durably(id: string, prepare: () => Filling): Generator<void, Source> {
    this.#database.pragma('synchronous = FULL');
    let source: Source;
    try {
      this.#database.exec('begin immediate');
      this.#isWriting = true;
      source = yield* this.#kept(id, prepare);
    } finally {
      this.#isWriting = false;
      if (this.#database.inTransaction) this.#database.exec('rollback');
      this.#database.pragma('synchronous = NORMAL');
    }
    this.#sweepAtOnce();
    return source;
  }

  *#kept(id: string, prepare: () => Filling): Generator<void, Source> {
    sweepLogs(this.#log.folder, this.#log.names()); // of imports that were killed; others wait for this transaction
    const filling = prepare();
    const blocks = new InteractionBlocks(this.#database);
    const rows = new LogKeeper(blocks, filling.key, this.#log.folder, this.#mostRows, filling.stay);
    let isKept = false;
    try {
      const source = yield* this.#fill(id, filling, rows);
      this.#database.exec('commit');
      isKept = true;
      return source;
    } finally {
      if (!isKept) rows.discard();
    }
  }

  *#fill(id: string, { key, again, ids, fill }: Filling, rows: LogKeeper): Generator<void, Source> {
    const items = this.#batch('items', ['position', 'id', 'title', 'attributes']);
    const users = this.#batch('users', ['position', 'id', 'attributes']);
    const rejects = this.#batch('rejects', ['file', 'line', 'byte_offset', 'reason', 'text']);
    const described = this.#batch('interaction_attributes', ['log_index', 'attributes']);
    let [userCount, itemCount, hasAttributes] = [ids.userIds.length, ids.itemIds.length, this.#hasAttributes(key)];
    const log = new LogWriter(BLOCK_ROWS, {
      block: (block) => rows.block(block),
      attributes: (line, attributes) => {
        hasAttributes = true;
        described.add(key, line, attributes);
      },
    });
    for (const batch of again) log.add(batch, userCount, itemCount);
    const source = yield* fill({
      columns: (batch) => log.add(batch, userCount, itemCount),
      item: (row) => {
        items.add(key, itemCount, row.itemId, row.title, JSON.stringify(row.attributes));
        return itemCount++;
      },
      user: (row) => {
        users.add(key, userCount, row.userId, JSON.stringify(row.attributes));
        return userCount++;
      },
      reject: (row) => rejects.add(key, row.file, row.line, row.offset, row.reason, row.text),
    });
    for (const batch of [log, described, items, users, rejects]) batch.flush();
    if (source.id !== id) throw new Error(`the rows are of "${id}", and the source is "${source.id}"`);
    this.#finish(key, source, hasAttributes, rows.finish(source.hash));
    return source;
  }

  /** Removes files that no source has. What another import makes meanwhile stays: with its lock held, the next import sweeps. */
  #sweepAtOnce(): void {
    const timeout = this.#database.pragma('busy_timeout', { simple: true });
    this.#database.pragma('busy_timeout = 0');
    try {
      this.#database.transaction(() => sweepLogs(this.#log.folder, this.#log.names())).immediate();
    } catch (error) {
      if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    } finally {
      this.#database.pragma(`busy_timeout = ${timeout}`);
    }
  }

  /** Whether the interactions of a source are not there any more, or cannot be read: its file was removed or damaged. */
  isLost(id: string): boolean {
    const key = this.#keyOf(id);
    return key !== undefined && this.#log.isLost(key);
  }

  find(id: string): Source | undefined {
    const json = this.#database.prepare('select json from sources where id = ?').pluck().get(id);
    return json === undefined ? undefined : Source.parse(JSON.parse(json as string));
  }

  count(): number {
    return countRows(this.#database, 'sources');
  }

  /** Newest import first. A source that is imported again is new again. */
  list(limit?: number): Source[] {
    const newest = this.#database
      .prepare("select json from sources order by json_extract(json, '$.importedAt') desc, source_key desc limit ?")
      .pluck();
    const rows = newest.all(sqlLimit(limit));
    return rows.map((json) => Source.parse(JSON.parse(json as string)));
  }

  /** Interactions in log order, many at once, without their attributes. Without such a source: none. */
  *columns(id: string): IterableIterator<LogColumns> {
    const key = this.#keyOf(id);
    if (key !== undefined) yield* this.#log.columns(key);
  }

  /** In log order. Without such a source: none. */
  *interactions(id: string): IterableIterator<Interaction> {
    const key = this.#keyOf(id);
    if (key === undefined) return;
    const [users, items] = [this.#ids('users', key), this.#ids('items', key)];
    for (const { size, users: ofUser, items: ofItem, ratings, timestamps, lines } of this.#log.columns(key)) {
      const attributes = this.#attributesBetween(key, lines[0] as number, lines[size - 1] as number);
      for (let row = 0; row < size; row++) {
        const logIndex = lines[row] as number;
        yield {
          userId: users[ofUser[row] as number] as string,
          itemId: items[ofItem[row] as number] as string,
          rating: orNull(ratings[row] as number),
          timestamp: orNull(timestamps[row] as number),
          logIndex,
          attributes: attributes.get(logIndex) ?? NONE,
        };
      }
    }
  }

  /** Those of these lines of the log that are there, by line. */
  interactionsAt(id: string, logIndexes: readonly number[]): Map<number, Interaction> {
    const key = this.#keyOf(id) ?? -1;
    const [user, item] = [this.#idAt('users', key), this.#idAt('items', key)];
    const attributes = this.attributesAt(id, logIndexes);
    const found = this.#log.rowsAt(key, logIndexes).map((row): [number, Interaction] => [
      row.line,
      {
        userId: user(row.user),
        itemId: item(row.item),
        rating: orNull(row.rating),
        timestamp: orNull(row.timestamp),
        logIndex: row.line,
        attributes: attributes.get(row.line) ?? NONE,
      },
    ]);
    return new Map(found);
  }

  /** What interactions have of their own, of these lines of the log that have anything, by line. */
  attributesAt(id: string, logIndexes: readonly number[]): Map<number, Interaction['attributes']> {
    const key = this.#keyOf(id) ?? -1;
    if (!this.#hasAttributes(key)) return new Map();
    const line = this.#database
      .prepare<[number, number], string>(
        'select attributes from interaction_attributes where source_key = ? and log_index = ?',
      )
      .pluck();
    return new Map(
      logIndexes.flatMap((logIndex) => {
        const json = line.get(key, logIndex);
        return json === undefined ? [] : [[logIndex, JSON.parse(json)] as const];
      }),
    );
  }

  /** Names of what interactions have of their own, in the order in which the log brings them. */
  attributeNames(id: string): string[] {
    const key = this.#keyOf(id) ?? -1;
    if (!this.#hasAttributes(key)) return [];
    return this.#database
      .prepare(
        `select one.key from interaction_attributes, json_each(attributes) one where source_key = ?
         group by one.key order by min(log_index), min(one.id)`,
      )
      .pluck()
      .all(key) as string[];
  }

  /** How many interactions a source has. */
  rowCount(id: string): number {
    return this.#log.rowCount(this.#keyOf(id) ?? -1);
  }

  /** Ids of users by position. */
  userIds(id: string): string[] {
    return this.#ids('users', this.#keyOf(id) ?? -1);
  }

  /** Ids of items by position. */
  itemIds(id: string): string[] {
    return this.#ids('items', this.#keyOf(id) ?? -1);
  }

  /** By item id, in the order of the item file. */
  items(id: string): Map<string, Item> {
    const rows = this.#database
      .prepare<[number], { id: string; title: string; attributes: string }>(
        'select id, title, attributes from items where source_key = ? order by position',
      )
      .all(this.#keyOf(id) ?? -1);
    return new Map(
      rows.map((row) => [row.id, { itemId: row.id, title: row.title, attributes: JSON.parse(row.attributes) }]),
    );
  }

  /** By user id, in the order of the user file, then of first appearance in the log. */
  users(id: string): Map<string, User> {
    const rows = this.#database
      .prepare<[number], { id: string; attributes: string }>(
        'select id, attributes from users where source_key = ? order by position',
      )
      .all(this.#keyOf(id) ?? -1);
    return new Map(rows.map((row) => [row.id, { userId: row.id, attributes: JSON.parse(row.attributes) }]));
  }

  /** Rows that could not be read, as the import met them: items, tags, users, then the log. */
  rejects(id: string, limit?: number): Reject[] {
    return this.#database
      .prepare<[number, number], Reject>(
        'select file, line, byte_offset as offset, reason, text from rejects where source_key = ? order by reject_key limit ?',
      )
      .all(this.#keyOf(id) ?? -1, sqlLimit(limit));
  }

  /** Rejects of a file behind one of its lines. */
  rejectsBehind(id: string, file: string, line: number): Reject[] {
    return this.#database
      .prepare<[number, string, number], Reject>(
        'select file, line, byte_offset as offset, reason, text from rejects where source_key = ? and file = ? and line > ? order by reject_key',
      )
      .all(this.#keyOf(id) ?? -1, file, line);
  }

  /** logIndex of the last interaction; 0 without one. */
  lastLine(id: string): number {
    const key = this.#keyOf(id);
    return key === undefined ? 0 : this.#log.lastLine(key);
  }

  #keyOf(id: string): number | undefined {
    return this.#database.prepare('select source_key from sources where id = ?').pluck().get(id) as number | undefined;
  }

  #ids(table: 'users' | 'items', key: number): string[] {
    const all = this.#database.prepare(`select id from ${table} where source_key = ? order by position`).pluck();
    return all.all(key) as string[];
  }

  #idAt(table: 'users' | 'items', key: number): (position: number) => string {
    const one = this.#database.prepare(`select id from ${table} where source_key = ? and position = ?`).pluck();
    return (position) => one.get(key, position) as string;
  }

  #attributesBetween(key: number, first: number, last: number): Map<number, Interaction['attributes']> {
    if (!this.#hasAttributes(key)) return new Map();
    const rows = this.#database
      .prepare<[number, number, number], [number, string]>(
        'select log_index, attributes from interaction_attributes where source_key = ? and log_index between ? and ?',
      )
      .raw()
      .all(key, first, last) as unknown as [number, string][];
    return new Map(rows.map(([line, json]) => [line, JSON.parse(json)]));
  }

  #hasAttributes(key: number): boolean {
    return this.#database.prepare('select has_attributes from sources where source_key = ?').pluck().get(key) === 1;
  }

  /** Removes the old rows and makes an unfinished source; #finish completes it before the transaction ends. */
  #renew(id: string): number {
    const old = this.#keyOf(id);
    if (old !== undefined) {
      for (const table of ['interaction_blocks', 'interaction_attributes', 'rejects', 'items', 'users', 'sources']) {
        this.#database.prepare(`delete from ${table} where source_key = ?`).run(old);
      }
    }
    const made = this.#database.prepare("insert into sources (id, hash, json) values (?, '', '{}')").run(id);
    return Number(made.lastInsertRowid);
  }

  #batch(table: string, columns: readonly string[]): BatchInsert {
    return new BatchInsert(this.#database, table, ['source_key', ...columns]);
  }

  #finish(key: number, source: Source, hasAttributes: boolean, logFile: string | null): void {
    this.#database
      .prepare('update sources set hash = ?, json = ?, has_attributes = ?, log_file = ? where source_key = ?')
      .run(source.hash, JSON.stringify(Source.parse(source)), hasAttributes ? 1 : 0, logFile, key);
    this.#database.prepare('delete from source_files where source_key = ?').run(key); // of a source that has grown
    const counts = ['bytes', 'row_count', 'reject_count', 'merged_count', 'empty_lines'];
    const files = this.#batch('source_files', ['role', 'name', 'sha256', ...counts]);
    for (const file of source.files) {
      const { bytes, rows, rejects, merged, emptyLines } = file;
      files.add(key, file.role, file.name, file.sha256, bytes, rows, rejects, merged, emptyLines);
    }
    files.flush();
  }
}

/** What is written of a source: rows that are there already again, then what `fill` hands over. */
interface Filling {
  readonly key: number;
  readonly again: Iterable<LogColumns>;
  readonly stay: number; // rows in SQLite that stay as they are
  readonly ids: SourceIds; // that are there
  readonly fill: (writer: SourceWriter) => Generator<void, Source>;
}

const NONE: Interaction['attributes'] = Object.freeze({}); // one object for all rows that have none

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
