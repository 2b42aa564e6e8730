import type { Database } from 'better-sqlite3';
import type { Interaction, Item, Reject, User } from '../core/interaction.js';
import { Source } from '../core/source.js';
import { BatchInsert } from './batch-insert.js';
import { countRows, paged, sqlLimit } from './paged.js';

/** Takes the rows of one source while it is imported, a user and an item before the first interaction that names them, and once. */
export interface SourceWriter {
  interaction(interaction: Interaction): void;
  item(item: Item): void;
  user(user: User): void;
  reject(reject: Reject): void;
}

/** Imported logs and their rows. */
export class SourceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Replaces a source and all its rows in one transaction, as they are read: a long log never stands in memory.
   *
   * fill    hands over the rows and returns what was imported; when it throws, the old source is still there
   * throws  SqliteError when an interaction names a user or an item that was not handed over before
   */
  write(id: string, fill: (writer: SourceWriter) => Source): Source {
    const write = this.#database.transaction(() => {
      const key = this.#renew(id);
      const items = this.#batch('items', ['position', 'id', 'title', 'attributes']);
      const users = this.#batch('users', ['position', 'id', 'attributes']);
      const rejects = this.#batch('rejects', ['file', 'line', 'byte_offset', 'reason', 'text']);
      const columns = ['log_index', 'user_id', 'item_id', 'rating', 'timestamp'];
      const plain = this.#batch('interactions', columns, [items, users]); // the many without attributes pay nothing for them
      const described = this.#batch('interactions', [...columns, 'attributes'], [items, users]);
      let position = 0;
      let hasAttributes = false;
      const source = fill({
        interaction: (row) => {
          const { logIndex, userId, itemId, rating, timestamp, attributes } = row;
          if (isEmpty(attributes)) plain.add(key, logIndex, userId, itemId, rating, timestamp);
          else {
            hasAttributes = true;
            described.add(key, logIndex, userId, itemId, rating, timestamp, JSON.stringify(attributes));
          }
        },
        item: (row) => items.add(key, position++, row.itemId, row.title, JSON.stringify(row.attributes)),
        user: (row) => users.add(key, position++, row.userId, JSON.stringify(row.attributes)),
        reject: (row) => rejects.add(key, row.file, row.line, row.offset, row.reason, row.text),
      });
      for (const batch of [plain, described, items, users, rejects]) batch.flush();
      if (source.id !== id) throw new Error(`the rows are of "${id}", and the source is "${source.id}"`);
      this.#finish(key, source, hasAttributes);
      return source;
    });
    return write.immediate();
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
    const newest = this.#database.prepare('select json from sources order by source_key desc limit ?').pluck();
    const rows = newest.all(sqlLimit(limit));
    return rows.map((json) => Source.parse(JSON.parse(json as string)));
  }

  /** In log order. Without such a source: none. */
  *interactions(id: string): IterableIterator<Interaction> {
    const key = this.#keyOf(id);
    if (key === undefined) return;
    const page = this.#database.prepare<[number, number, number], StoredInteraction>(
      `select user_id as userId, item_id as itemId, rating, timestamp, log_index as logIndex${this.#hasAttributes(key) ? ', attributes' : ''}
       from interactions where source_key = ? and log_index > ? order by log_index limit ?`,
    );
    yield* paged(
      (after, count) => page.all(key, after, count).map(readInteraction),
      (row) => row.logIndex,
      -1,
    );
  }

  /** Those of these lines of the log that are there, by line. */
  interactionsAt(id: string, logIndexes: readonly number[]): Map<number, Interaction> {
    const key = this.#keyOf(id) ?? -1;
    const line = this.#database.prepare<[number, number], StoredInteraction>(
      `select user_id as userId, item_id as itemId, rating, timestamp, log_index as logIndex${this.#hasAttributes(key) ? ', attributes' : ''}
       from interactions where source_key = ? and log_index = ?`,
    );
    const found = logIndexes.flatMap((logIndex) => line.get(key, logIndex) ?? []);
    return new Map(found.map((stored) => [stored.logIndex, readInteraction(stored)]));
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

  #keyOf(id: string): number | undefined {
    return this.#database.prepare('select source_key from sources where id = ?').pluck().get(id) as number | undefined;
  }

  #hasAttributes(key: number): boolean {
    return this.#database.prepare('select has_attributes from sources where source_key = ?').pluck().get(key) === 1;
  }

  /** Removes the old rows and makes an unfinished source; #finish completes it before the transaction ends. */
  #renew(id: string): number {
    const old = this.#keyOf(id);
    if (old !== undefined) {
      for (const table of ['interactions', 'rejects', 'items', 'users', 'sources']) {
        this.#database.prepare(`delete from ${table} where source_key = ?`).run(old);
      }
    }
    const made = this.#database.prepare("insert into sources (id, hash, json) values (?, '', '{}')").run(id);
    return Number(made.lastInsertRowid);
  }

  #batch(table: string, columns: readonly string[], parents: readonly BatchInsert[] = []): BatchInsert {
    return new BatchInsert(this.#database, table, ['source_key', ...columns], parents);
  }

  #finish(key: number, source: Source, hasAttributes: boolean): void {
    this.#database
      .prepare('update sources set hash = ?, json = ?, has_attributes = ? where source_key = ?')
      .run(source.hash, JSON.stringify(Source.parse(source)), hasAttributes ? 1 : 0, key);
    const counts = ['bytes', 'row_count', 'reject_count', 'merged_count', 'empty_lines'];
    const files = this.#batch('source_files', ['role', 'name', 'sha256', ...counts]);
    for (const file of source.files) {
      const { bytes, rows, rejects, merged, emptyLines } = file;
      files.add(key, file.role, file.name, file.sha256, bytes, rows, rejects, merged, emptyLines);
    }
    files.flush();
  }
}

type StoredInteraction = Omit<Interaction, 'attributes'> & { attributes?: string | null };

const NONE: Interaction['attributes'] = Object.freeze({}); // one object for all rows that have none

/** In place: a log has many rows, and most have nothing to read here. */
function readInteraction(stored: StoredInteraction): Interaction {
  const row = stored as { attributes: unknown };
  row.attributes = stored.attributes ? JSON.parse(stored.attributes) : NONE;
  return row as Interaction;
}

function isEmpty(attributes: Interaction['attributes']): boolean {
  for (const _name in attributes) return false;
  return true;
}
