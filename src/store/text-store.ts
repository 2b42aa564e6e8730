import type { Database } from 'better-sqlite3';
import { type TextReject, TextSet, type TextSetKey } from '../core/text-set.js';
import { BatchInsert } from './batch-insert.js';
import { countRows, sqlLimit } from './row-counts.js';

/** Texts that were written elsewhere, of items or users of imported logs. */
export class TextStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps texts by id; those of the same source, subject and name give way to them. */
  save(set: TextSet, texts: ReadonlyMap<string, string>, rejects: readonly TextReject[]): void {
    const save = this.#database.transaction(() => {
      const parsed = TextSet.parse(set);
      this.#database.prepare('delete from text_sets where set_key = ?').run(this.#keyOf(set) ?? -1);
      const made = this.#database
        .prepare('insert into text_sets (source_id, subject, name, json) values (?, ?, ?, ?)')
        .run(set.sourceId, set.of, set.name, JSON.stringify(parsed));
      const key = Number(made.lastInsertRowid);
      const rows = new BatchInsert(this.#database, 'texts', ['set_key', 'id', 'text']);
      for (const [id, text] of texts) rows.add(key, id, text);
      const bad = new BatchInsert(this.#database, 'text_rejects', ['set_key', 'place', 'reason', 'text']);
      for (const { place, reason, text } of rejects) bad.add(key, place, reason, text);
      for (const batch of [rows, bad]) batch.flush();
    });
    save.immediate();
  }

  find(which: TextSetKey): TextSet | undefined {
    const json = this.#database.prepare('select json from text_sets where set_key = ?').pluck().get(this.#keyOf(which));
    return json === undefined ? undefined : TextSet.parse(JSON.parse(json as string));
  }

  /** The texts by id, and the hash over them; undefined where there are none of that name. */
  read(which: TextSetKey): { texts: Map<string, string>; hash: string } | undefined {
    const set = this.find(which);
    if (!set) return undefined;
    const rows = this.#database.prepare('select id, text from texts where set_key = ? order by id').raw();
    return { texts: new Map(rows.all(this.#keyOf(which)) as [string, string][]), hash: set.hash };
  }

  count(): number {
    return countRows(this.#database, 'text_sets');
  }

  /** Newest import first. */
  list(limit?: number): TextSet[] {
    const rows = this.#database.prepare('select json from text_sets order by set_key desc limit ?').pluck();
    return rows.all(sqlLimit(limit)).map((json) => TextSet.parse(JSON.parse(json as string)));
  }

  /** Rows that were not taken, as the import met them. */
  rejects(which: TextSetKey, limit?: number): TextReject[] {
    return this.#database
      .prepare<[number, number], TextReject>(
        'select place, reason, text from text_rejects where set_key = ? order by reject_key limit ?',
      )
      .all(this.#keyOf(which) ?? -1, sqlLimit(limit));
  }

  /** How many rows were not taken, by reason, the most first. */
  rejectReasons(which: TextSetKey): { reason: string; rows: number }[] {
    return this.#database
      .prepare<[number], { reason: string; rows: number }>(
        'select reason, count(*) as rows from text_rejects where set_key = ? group by reason order by rows desc, min(reject_key)',
      )
      .all(this.#keyOf(which) ?? -1);
  }

  #keyOf({ sourceId, of, name }: TextSetKey): number | undefined {
    return this.#database
      .prepare('select set_key from text_sets where source_id = ? and subject = ? and name = ?')
      .pluck()
      .get(sourceId, of, name) as number | undefined;
  }
}
