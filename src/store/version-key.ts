import type { Database } from 'better-sqlite3';

/** The key of a dataset version; undefined: there is no such version. */
export function versionKey(database: Database, hash: string): number | undefined {
  return database.prepare('select version_key from dataset_versions where hash = ?').pluck().get(hash) as
    | number
    | undefined;
}
