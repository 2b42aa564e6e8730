import type { Database } from 'better-sqlite3';
import type { Interaction, Item, Reject, RejectedRows, User } from '../core/interaction.js';
import type { LogColumns } from '../core/log-columns.js';
import { Source } from '../core/source.js';
import { KeptLog } from './kept-log.js';
import { countRows, sqlLimit } from './row-counts.js';
import { type SourceIds, SourceImports, type SourceWriter } from './source-imports.js';
import { hasAttributes, sourceIds, sourceKey } from './source-keys.js';

/** Imported logs and their rows. */
export class SourceStore {
  readonly #database: Database;
  readonly #log: KeptLog;
  readonly #imports: SourceImports;

  /** mostRows  that SQLite keeps of a log; a larger one lies in a file beside it */
  constructor(database: Database, mostRows: number) {
    this.#database = database;
    this.#log = new KeptLog(database);
    this.#imports = new SourceImports(database, this.#log, mostRows);
  }

  /** As SourceImports.isWriting. */
  get isWriting(): boolean {
    return this.#imports.isWriting;
  }

  /** As SourceImports.write. */
  write(id: string, fill: (writer: SourceWriter) => Source): Source {
    return this.#imports.write(id, fill);
  }

  /** As SourceImports.writing. */
  writing(id: string, fill: (writer: SourceWriter) => Generator<void, Source>): Generator<void, Source> {
    return this.#imports.writing(id, fill);
  }

  /** As SourceImports.growing. */
  growing(
    id: string,
    fill: (writer: SourceWriter, ids: SourceIds) => Generator<void, Source>,
  ): Generator<void, Source> {
    return this.#imports.growing(id, fill);
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
    return this.#users(id, '');
  }

  /** As users(), those alone of whom something is known: a log of many millions mostly tells nothing of its users. */
  describedUsers(id: string): Map<string, User> {
    return this.#users(id, "and attributes <> '{}'");
  }

  /** Rows that could not be read, as the import met them: items, tags, users, then the log. */
  rejects(id: string, limit?: number): Reject[] {
    return this.#database
      .prepare<[number, number], Reject>(
        'select file, line, byte_offset as offset, reason, text from rejects where source_key = ? order by reject_key limit ?',
      )
      .all(this.#keyOf(id) ?? -1, sqlLimit(limit));
  }

  /** How many rows were rejected, by file and reason, the most first. */
  rejectReasons(id: string): RejectedRows[] {
    return this.#database
      .prepare<[number], RejectedRows>(
        'select file, reason, count(*) as rows from rejects where source_key = ? group by file, reason order by rows desc, min(reject_key)',
      )
      .all(this.#keyOf(id) ?? -1);
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

  #users(id: string, which: string): Map<string, User> {
    const rows = this.#database
      .prepare<[number], { id: string; attributes: string }>(
        `select id, attributes from users where source_key = ? ${which} order by position`,
      )
      .iterate(this.#keyOf(id) ?? -1);
    const users = new Map<string, User>();
    for (const row of rows) users.set(row.id, { userId: row.id, attributes: JSON.parse(row.attributes) });
    return users;
  }

  #keyOf(id: string): number | undefined {
    return sourceKey(this.#database, id);
  }

  #ids(table: 'users' | 'items', key: number): string[] {
    return sourceIds(this.#database, table, key);
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
    return hasAttributes(this.#database, key);
  }
}

const NONE: Interaction['attributes'] = Object.freeze({}); // one object for all rows that have none

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
