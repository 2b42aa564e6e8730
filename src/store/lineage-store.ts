import type { Database } from 'better-sqlite3';
import type { Split } from '../core/instruction.js';
import { KeptLog } from './kept-log.js';

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
  readonly #log: KeptLog;

  constructor(database: Database) {
    this.#database = database;
    this.#log = new KeptLog(database);
  }

  /** A line of a source; undefined when no interaction was read from it. */
  line(sourceId: string, line: number): StoredLine | undefined {
    const key = this.#database.prepare('select source_key from sources where id = ?').pluck().get(sourceId);
    if (typeof key !== 'number') return undefined;
    const [row] = this.#log.rowsAt(key, [line]);
    if (row === undefined) return undefined;
    const named = this.#database
      .prepare<[number, number, number], Pick<StoredLine, 'user' | 'item' | 'title'>>(
        `select users.id as user, items.id as item, items.title from users join items using (source_key)
         where source_key = ? and users.position = ? and items.position = ?`,
      )
      .get(key, row.user, row.item);
    const { rating, timestamp } = row;
    return (
      named && {
        line,
        ...named,
        rating: Number.isNaN(rating) ? null : rating,
        timestamp: Number.isNaN(timestamp) ? null : timestamp,
      }
    );
  }

  /**
   * Rows of versions of a source that show one of its lines: newest version first, then split, row and position.
   * Versions of another import of the source are looked through row by row, for there the line may have been another user's.
   */
  *rowsShowing(sourceId: string, line: number): IterableIterator<ShowingRow> {
    const source = this.#database.prepare('select hash from sources where id = ?').pluck().get(sourceId);
    const versions = this.#database
      .prepare<[string], { key: number; hash: string; name: string; sourceHash: string }>(
        `select version_key as key, hash, name, json ->> '$.sourceHash' as sourceHash from dataset_versions
         where source_id = ? order by newest desc`,
      )
      .all(sourceId);
    const user = this.line(sourceId, line)?.user ?? null;
    const ofUser = this.#database.prepare<[number, string], LinesOfRow>(
      `select split, row, lines from instruction_runs runs
         cross join instructions on instruction_key between first_key and last_key
       where runs.version_key = ? and runs.user_id = ? ${IN_ORDER}`,
    );
    const ofAll = this.#database.prepare<[number], LinesOfRow>(
      `select split, row, lines from instructions where version_key = ? and ' ' || lines || ' ' like '% ${Number(line)} %' ${IN_ORDER}`,
    );
    for (const { key, hash: version, name, sourceHash } of versions) {
      const rows = user !== null && sourceHash === source ? ofUser.all(key, user) : ofAll.all(key);
      for (const { split, row, lines } of rows) {
        for (const [position, shown] of lines.split(' ').entries()) {
          if (Number(shown) === line) yield { version, name, split, row, position };
        }
      }
    }
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

interface LinesOfRow {
  readonly split: Split;
  readonly row: number;
  readonly lines: string;
}

const IN_ORDER = "order by case split when 'train' then 0 when 'valid' then 1 else 2 end, row";
