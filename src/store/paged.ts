import type { Database } from 'better-sqlite3';

const PAGE = 1000; // rows fetched at once

/**
 * Rows of a long query, page by page, each page asked for by the key that the last one ended with.
 * An open SQLite cursor would lock the connection against writes while a caller is in the middle of reading; this does not.
 *
 * fetch  rows whose key is greater than `after`, in order of key, at most `count`
 * first  a key smaller than any row's
 * limit  rows in all
 */
export function* paged<Row>(
  fetch: (after: number, count: number) => Row[],
  keyOf: (row: Row) => number,
  first: number,
  limit: number = Number.POSITIVE_INFINITY,
): Generator<Row, void> {
  let after = first;
  for (let left = limit; left > 0; ) {
    const rows = fetch(after, Math.min(PAGE, left));
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = keyOf(last);
    left -= rows.length;
  }
}

/** How many rows a table has. */
export function countRows(database: Database, table: string): number {
  return database.prepare(`select count(*) from ${table}`).pluck().get() as number;
}

/** A limit as SQLite reads it: a negative one means all rows. */
export function sqlLimit(limit: number | undefined): number {
  return limit === undefined || !Number.isFinite(limit) ? -1 : Math.max(0, Math.floor(limit));
}
