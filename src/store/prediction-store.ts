import type { Database } from 'better-sqlite3';
import type { Split } from '../core/instruction.js';
import { type Arithmetic, Prediction, PredictionSet } from '../core/prediction.js';
import { BatchInsert } from './batch-insert.js';

/** What models said of rows. */
export class PredictionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a set and its predictions in one transaction; a set with that id gives way to it.
   * throws  SqliteError when the set's dataset version or run is not in the store
   */
  save(set: PredictionSet, predictions: readonly Prediction[], madeAt: Date): void {
    const { id, versionHash, split, modelHash, adapterHash, runId, maxLength, device, precision, labelMass } =
      PredictionSet.parse(set);
    const save = this.#database.transaction(() => {
      this.#database.prepare('delete from prediction_sets where id = ?').run(id);
      const made = this.#database
        .prepare(
          `insert into prediction_sets (id, version_hash, split, model_hash, adapter_hash, run_id, max_length, device, precision,
             label_mass, made_at)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          versionHash,
          split,
          modelHash,
          adapterHash,
          runId,
          maxLength,
          device,
          precision,
          labelMass,
          madeAt.toISOString(),
        );
      const rows = new BatchInsert(this.#database, 'predictions', [
        'set_key',
        'row',
        'user_id',
        'item_id',
        'label',
        'log_odds',
        'dropped_history',
        'choices',
      ]);
      for (const one of predictions) {
        const { row, user, item, label, logOdds, choices, droppedHistory } = Prediction.parse(one);
        const answers = choices === null ? null : JSON.stringify(choices);
        const isLiked = label === null ? null : Number(label);
        rows.add(Number(made.lastInsertRowid), row, user, item, isLiked, logOdds, droppedHistory, answers);
      }
      rows.flush();
    });
    save.immediate();
  }

  find(id: string): PredictionSet | undefined {
    return this.#select('where id = ?', id)[0];
  }

  /** The predictions of a set, by row. Without such a set: none. */
  rows(id: string): Prediction[] {
    return this.#database
      .prepare<[string], Omit<Prediction, 'label' | 'choices'> & { label: number | null; choices: string | null }>(
        `select row, user_id as user, item_id as item, label, log_odds as logOdds, choices,
           dropped_history as droppedHistory from predictions
         where set_key = (select set_key from prediction_sets where id = ?) order by row`,
      )
      .all(id)
      .map((row) => ({
        ...row,
        label: row.label === null ? null : row.label === 1,
        choices: row.choices === null ? null : JSON.parse(row.choices),
      }));
  }

  /** Every set on a split of a version, newest first. */
  of(versionHash: string, split: Split): PredictionSet[] {
    return this.#select('where version_hash = ? and split = ? order by set_key desc', versionHash, split);
  }

  /** The newest answer to a question that was asked before. adapterHash null: the base model alone; no device or precision: any. */
  select(query: {
    versionHash: string;
    split: Split;
    modelHash: string;
    adapterHash: string | null;
    maxLength: number;
    device?: Arithmetic['device'] | undefined;
    precision?: Arithmetic['precision'] | undefined;
  }): PredictionSet | undefined {
    return this.#select(
      `where version_hash = ? and split = ? and model_hash = ? and adapter_hash is ? and max_length = ?
         and device = coalesce(?, device) and precision = coalesce(?, precision) order by set_key desc limit 1`,
      query.versionHash,
      query.split,
      query.modelHash,
      query.adapterHash,
      query.maxLength,
      query.device ?? null,
      query.precision ?? null,
    )[0];
  }

  #select(rest: string, ...values: (string | number | null)[]): PredictionSet[] {
    return this.#database
      .prepare(
        `select id, version_hash as versionHash, split, model_hash as modelHash, adapter_hash as adapterHash,
           run_id as runId, max_length as maxLength, device, precision, label_mass as labelMass from prediction_sets ${rest}`,
      )
      .all(...values)
      .map((row) => PredictionSet.parse(row));
  }
}
