import type { Database } from 'better-sqlite3';
import { countRows, sqlLimit } from './row-counts.js';

/** A report as the store keeps it; its HTML and Markdown lie in the directory. */
export interface StoredReport {
  id: string;
  runId: string;
  json: string; // the report's JSON text
  directory: string;
  madeAt: string; // ISO 8601, UTC
}

/** Reports of runs. */
export class ReportStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a report; one with that id gives way to it. Throws SqliteError when its run is not in the store. */
  save(report: StoredReport): void {
    const { id, runId, json, directory, madeAt } = report;
    const save = this.#database.transaction(() => {
      this.#database.prepare('delete from reports where id = ?').run(id);
      this.#database
        .prepare('insert into reports (id, run_id, json, directory, made_at) values (?, ?, ?, ?, ?)')
        .run(id, runId, json, directory, madeAt);
    });
    save.immediate();
  }

  /** The newest report on a run; undefined: it has none. */
  newest(runId: string): StoredReport | undefined {
    return this.#database
      .prepare<[string], StoredReport>(
        `select id, run_id as runId, json, directory, made_at as madeAt from reports
         where run_id = ? order by made_at desc, report_key desc limit 1`,
      )
      .get(runId);
  }

  count(): number {
    return countRows(this.#database, 'reports');
  }

  /** Newest first. */
  list(limit?: number): StoredReport[] {
    return this.#database
      .prepare<[number], StoredReport>(
        `select id, run_id as runId, json, directory, made_at as madeAt from reports
         order by made_at desc, report_key desc limit ?`,
      )
      .all(sqlLimit(limit));
  }
}
