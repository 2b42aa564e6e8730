import type { Database } from 'better-sqlite3';
import type { Split } from '../core/instruction.js';
import { sqlLimit } from './paged.js';

/** A line of an imported log as the store has it, with its item's title. */
export interface StoredLine {
  readonly line: number;
  readonly user: string;
  readonly item: string;
  readonly title: string;
  readonly rating: number | null;
  readonly timestamp: number | null;
}

/** A row of a version that shows a line of the log. */
export interface ShowingRow {
  readonly version: string; // its hash
  readonly name: string;
  readonly split: Split;
  readonly row: number;
  readonly position: number; // 0: as the target; from 1: as that item of the history, oldest first
}

/** What a model said of a row. */
export interface HoldingSet {
  readonly set: string;
  readonly run: string | null; // null: the base model alone
  readonly logOdds: number | null;
}

/** Where rows come from and where they went. */
export class LineageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A line of a source; undefined when no interaction was read from it. */
  line(sourceId: string, line: number): StoredLine | undefined {
    return this.#database
      .prepare<[string, number], StoredLine>(
        `select log_index as line, user_id as user, item_id as item, items.title, rating, timestamp
         from interactions join items on items.source_key = interactions.source_key and items.id = item_id
         where interactions.source_key = (select source_key from sources where id = ?) and log_index = ?`,
      )
      .get(sourceId, line);
  }

  /** Rows of versions of a source that show one of its lines: newest version first, then split, row and position. */
  rowsShowing(sourceId: string, line: number, limit?: number): ShowingRow[] {
    return this.#database
      .prepare<[string, number, number], ShowingRow>(
        `select hash as version, name, split, row, position
         from instruction_interactions join instructions using (instruction_key) join dataset_versions using (version_key)
         where source_id = ? and log_index = ?
         order by newest desc, case split when 'train' then 0 when 'valid' then 1 else 2 end, row, position limit ?`,
      )
      .all(sourceId, line, sqlLimit(limit));
  }

  countShowing(sourceId: string, line: number): number {
    return this.#database
      .prepare(
        `select count(*) from instruction_interactions join instructions using (instruction_key)
         join dataset_versions using (version_key) where source_id = ? and log_index = ?`,
      )
      .pluck()
      .get(sourceId, line) as number;
  }

  /** Runs on a version, newest first. */
  runs(versionHash: string): string[] {
    return this.#database
      .prepare('select id from runs where version_hash = ? order by started_at desc, run_key desc')
      .pluck()
      .all(versionHash) as string[];
  }

  /** Prediction sets that hold a row, newest first. */
  predictions(versionHash: string, split: Split, row: number): HoldingSet[] {
    return this.#database
      .prepare<[string, Split, number], HoldingSet>(
        `select id as "set", run_id as run, log_odds as logOdds from prediction_sets join predictions using (set_key)
         where version_hash = ? and split = ? and row = ? order by set_key desc`,
      )
      .all(versionHash, split, row);
  }

  /** Reports on runs of a version, newest first. */
  reports(versionHash: string): { id: string; run: string; directory: string }[] {
    return this.#database
      .prepare<[string], { id: string; run: string; directory: string }>(
        `select reports.id, run_id as run, directory from reports join runs on runs.id = run_id
         where version_hash = ? order by made_at desc, report_key desc`,
      )
      .all(versionHash);
  }
}
