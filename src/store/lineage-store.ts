import type { Database } from 'better-sqlite3';
import { SPLITS, type Split } from '../core/instruction.js';
import { InstructionBlocks } from './instruction-blocks.js';
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
  readonly #blocks: InstructionBlocks;

  constructor(database: Database) {
    this.#database = database;
    this.#log = new KeptLog(database);
    this.#blocks = new InstructionBlocks(database);
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
    for (const { key, hash: version, name, sourceHash } of versions) {
      const ofUser = user !== null && sourceHash === source ? user : undefined;
      for (const split of SPLITS) {
        for (const block of this.#blocks.all(key, split, LINES, ofUser)) {
          const { begins, lines } = block.lines;
          let index = 0; // of the row that a line is of
          for (let at = lines.indexOf(line); at >= 0; at = lines.indexOf(line, at + 1)) {
            while ((begins[index + 1] as number) <= at) index += 1;
            const position = at - (begins[index] as number);
            yield { version, name, split, row: block.rows[index] as number, position };
          }
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

const LINES = ['counts', 'lines'] as const;
