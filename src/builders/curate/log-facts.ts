import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { Item } from '../../core/interaction.js';
import type { Store } from '../../store/store.js';
import type { LogTable } from '../log-table.js';
import { readTable } from '../read-log.js';

/** The interactions of one user in columns, in the order of time, ties in that of the log. */
export interface UserFacts {
  readonly interactions: number;
  readonly times: readonly number[]; // of those that have one
  readonly ratings: ReadonlySet<number>;
}

/** What the imported log says of the rows of a version. Read when it is asked for, in columns: a log may be long. */
export class LogFacts {
  readonly #store: Store;
  readonly #version: DatasetVersion;
  #table: LogTable | undefined;
  #users: Map<string, UserFacts> | undefined;
  #items: Map<string, Item> | undefined;

  constructor(store: Store, version: DatasetVersion) {
    this.#store = store;
    this.#version = version;
  }

  /** The item of a line of the log. */
  itemOf(logIndex: number): string {
    const { itemIds, items } = this.#log;
    const row = this.#log.rowOf(logIndex);
    return row === undefined ? '' : (itemIds[items[row] as number] as string);
  }

  /** Seconds since 1970; undefined: the log has no time there. */
  timeOf(logIndex: number): number | undefined {
    const row = this.#log.rowOf(logIndex);
    const time = row === undefined ? undefined : this.#log.timestamps[row];
    return Number.isNaN(time) ? undefined : time;
  }

  user(userId: string): UserFacts | undefined {
    this.#users ??= this.#readUsers();
    return this.#users.get(userId);
  }

  get items(): ReadonlyMap<string, Item> {
    this.#items ??= this.#store.sources.items(this.#sourceId());
    return this.#items;
  }

  titleOf(itemId: string): string {
    return this.items.get(itemId)?.title ?? '';
  }

  #sourceId(): string {
    const { sourceId, sourceHash, name } = this.#version;
    const source = this.#store.sources.find(sourceId);
    if (source?.hash === sourceHash) return sourceId;
    const what = source
      ? `the log "${sourceId}" was imported again, with other content`
      : `the log "${sourceId}" is not here`;
    throw new RectuneError(
      'data',
      what,
      `version ${name}`,
      'import the log that the version was built from, or build it again',
    );
  }

  get #log(): LogTable {
    this.#table ??= readTable(this.#store, this.#sourceId());
    return this.#table;
  }

  #readUsers(): Map<string, UserFacts> {
    const users = new Map<string, { interactions: number; times: number[]; ratings: Set<number> }>();
    for (const { userId, timestamp, rating } of this.#store.sources.interactions(this.#sourceId())) {
      const known = users.get(userId) ?? { interactions: 0, times: [], ratings: new Set() };
      users.set(userId, known);
      known.interactions += 1;
      if (timestamp !== null) known.times.push(timestamp);
      if (rating !== null) known.ratings.add(rating);
    }
    for (const { times } of users.values()) times.sort((a, b) => a - b);
    return users;
  }
}
