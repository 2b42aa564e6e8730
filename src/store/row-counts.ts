import type { Database } from 'better-sqlite3';

/** How many rows a table has. */
export function countRows(database: Database, table: string): number {
  return database.prepare(`select count(*) from ${table}`).pluck().get() as number;
}

/** A limit as SQLite reads it: a negative one means all rows. */
export function sqlLimit(limit: number | undefined): number {
  return limit === undefined || !Number.isFinite(limit) ? -1 : Math.max(0, Math.floor(limit));
}
