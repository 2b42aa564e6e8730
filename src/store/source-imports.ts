import type { Database } from 'better-sqlite3';
import type { Item, Reject, User } from '../core/interaction.js';
import type { LogColumns } from '../core/log-columns.js';
import { Source } from '../core/source.js';
import { BatchInsert } from './batch-insert.js';
import { BLOCK_ROWS, InteractionBlocks } from './interaction-blocks.js';
import type { KeptLog } from './kept-log.js';
import { LogKeeper, sweepLogs } from './log-keeper.js';
import { LogWriter } from './log-writer.js';
import { hasAttributes, sourceIds, sourceKey } from './source-keys.js';

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

/** Writes sources: whole, or what came to them. */
export class SourceImports {
  readonly #database: Database;
  readonly #log: KeptLog;
  readonly #mostRows: number;
  #isWriting = false;

  /** mostRows  that SQLite keeps of a log; a larger one lies in a file beside it */
  constructor(database: Database, log: KeptLog, mostRows: number) {
    this.#database = database;
    this.#log = log;
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
      const key = sourceKey(this.#database, id);
      if (key === undefined) throw new Error(`there is no source "${id}" that could grow`);
      const ids = {
        userIds: sourceIds(this.#database, 'users', key),
        itemIds: sourceIds(this.#database, 'items', key),
      };
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
    let [userCount, itemCount, isDescribed] = [
      ids.userIds.length,
      ids.itemIds.length,
      hasAttributes(this.#database, key),
    ];
    const log = new LogWriter(BLOCK_ROWS, {
      block: (block) => rows.block(block),
      attributes: (line, attributes) => {
        isDescribed = true;
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
    this.#finish(key, source, isDescribed, rows.finish(source.hash));
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

  /** Removes the old rows and makes an unfinished source; #finish completes it before the transaction ends. */
  #renew(id: string): number {
    const old = sourceKey(this.#database, id);
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

  #finish(key: number, source: Source, isDescribed: boolean, logFile: string | null): void {
    this.#database
      .prepare('update sources set hash = ?, json = ?, has_attributes = ?, log_file = ? where source_key = ?')
      .run(source.hash, JSON.stringify(Source.parse(source)), isDescribed ? 1 : 0, logFile, key);
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
