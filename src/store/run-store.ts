import type { Database } from 'better-sqlite3';
import { nearestWord, RectuneError } from '../core/errors.js';
import { Run } from '../core/run.js';
import { RunEvent } from '../core/run-event.js';
import { countRows, sqlLimit } from './row-counts.js';

/** Runs and their events. */
export class RunStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a run; one with that id is overwritten, its events and predictions stay.
   * throws  SqliteError when the run's dataset version is not in the store
   */
  save(run: Run): void {
    this.#database
      .prepare(
        `insert into runs (id, version_hash, started_at, json) values (?, ?, ?, ?)
         on conflict (id) do update set version_hash = excluded.version_hash, started_at = excluded.started_at,
           json = excluded.json`,
      )
      .run(run.id, run.versionHash, run.startedAt, JSON.stringify(Run.parse(run)));
  }

  /** Changes what a run becomes while it goes on. Throws Error without such a run. */
  update(id: string, change: Partial<Pick<Run, 'status' | 'modelPath' | 'adapterHash'>>): void {
    const update = this.#database.transaction(() => {
      const run = this.find(id);
      if (!run) throw new Error(`the store has no run "${id}"`);
      this.save({ ...run, ...change });
    });
    update.immediate();
  }

  /** Forgets a run with its events, predictions and reports. */
  remove(id: string): void {
    this.#database.prepare('delete from runs where id = ?').run(id);
  }

  find(id: string): Run | undefined {
    const json = this.#database.prepare('select json from runs where id = ?').pluck().get(id);
    return json === undefined ? undefined : Run.parse(JSON.parse(json as string));
  }

  /** The runs whose adapter has this content, newest first: settings may differ and the bytes be the same. */
  ofAdapter(adapterHash: string): Run[] {
    return this.list().filter((run) => run.adapterHash === adapterHash);
  }

  count(): number {
    return countRows(this.#database, 'runs');
  }

  /** The run of a name that a user gave. Throws RectuneError 'usage' without such a run. */
  get(id: string): Run {
    const run = this.find(id);
    if (run) return run;
    const known = this.list().map((other) => other.id);
    const near = nearestWord(id, known);
    const newest = `the newest are ${known.slice(0, 5).join(', ')}; see rectune list runs`;
    const fix = known.length === 0 ? 'train one: rectune train' : near ? `did you mean "${near}"?` : newest;
    throw new RectuneError('usage', `there is no run "${id}"`, 'this studio', fix);
  }

  /** Newest first. */
  list(limit?: number): Run[] {
    return this.#database
      .prepare('select json from runs order by started_at desc, run_key desc limit ?')
      .pluck()
      .all(sqlLimit(limit))
      .map((json) => Run.parse(JSON.parse(json as string)));
  }

  /** Adds events behind those that are there, in one transaction. Throws Error without such a run. */
  appendEvents(id: string, events: readonly RunEvent[]): void {
    const append = this.#database.transaction(() => {
      const key = this.#database.prepare('select run_key from runs where id = ?').pluck().get(id);
      if (key === undefined) throw new Error(`the store has no run "${id}"`);
      let position = this.#database
        .prepare('select coalesce(max(position), -1) from run_events where run_key = ?')
        .pluck()
        .get(key) as number;
      const insert = this.#database.prepare(
        'insert into run_events (run_key, position, event, json) values (?, ?, ?, ?)',
      );
      for (const event of events) insert.run(key, ++position, event.event, JSON.stringify(RunEvent.parse(event)));
    });
    append.immediate();
  }

  /** In the order they came; with a limit, the last ones. */
  events(id: string, limit?: number): RunEvent[] {
    return this.#database
      .prepare(
        `select json from run_events where run_key = (select run_key from runs where id = ?)
         order by position desc limit ?`,
      )
      .pluck()
      .all(id, sqlLimit(limit))
      .reverse()
      .map((json) => RunEvent.parse(JSON.parse(json as string)));
  }
}
