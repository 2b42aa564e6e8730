import type { Database } from 'better-sqlite3';

/** The number by which other tables name a source. */
export function sourceKey(database: Database, id: string): number | undefined {
  return database.prepare('select source_key from sources where id = ?').pluck().get(id) as number | undefined;
}

/** Ids by position. */
export function sourceIds(database: Database, table: 'users' | 'items', key: number): string[] {
  const all = database.prepare(`select id from ${table} where source_key = ? order by position`).pluck();
  return all.all(key) as string[];
}

/** Whether some interaction of a source has attributes. */
export function hasAttributes(database: Database, key: number): boolean {
  return database.prepare('select has_attributes from sources where source_key = ?').pluck().get(key) === 1;
}
