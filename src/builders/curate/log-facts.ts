import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { Item } from '../../core/interaction.js';
import { lowerBound } from '../../core/lower-bound.js';
import type { Store } from '../../store/store.js';
import { readLog } from '../read-log.js';
import type { OwnRows } from '../user-rows.js';
import { type SequenceOptions, UserSequences } from '../user-sequences.js';

/** What the log says of one user. */
export interface UserFacts {
  readonly interactions: number;
  readonly times: readonly number[]; // ascending, of those that have one
  readonly ratings: ReadonlySet<number>;
}

/**
 * What the imported log says of the rows of a version. Read when it is asked for, and held by user as a build holds it: of a large log the
 * rows lie in files, and those of some users stand in memory. So it is to be asked about rows in their order, more or less.
 */
export class LogFacts {
  readonly #store: Store;
  readonly #version: DatasetVersion;
  readonly #options: SequenceOptions;
  #read: UserSequences | undefined;
  #user: { readonly id: string; readonly facts: UserFacts | undefined } | undefined; // that was asked for last
  #items: Map<string, Item> | undefined;

  /** options  for tests and measurements */
  constructor(store: Store, version: DatasetVersion, options: SequenceOptions = {}) {
    this.#store = store;
    this.#version = version;
    this.#options = options;
  }

  /** The item of a line of a user's. */
  itemOf(userId: string, logIndex: number): string {
    const { rows, place } = this.#find(userId, logIndex) ?? {};
    return rows === undefined ? '' : this.#log.itemId(rows.items[place as number] as number);
  }

  /** Seconds since 1970 of a line of a user's; undefined: the log has no time there. */
  timeOf(userId: string, logIndex: number): number | undefined {
    const { rows, place } = this.#find(userId, logIndex) ?? {};
    const time = rows?.timestamps[place as number];
    return Number.isNaN(time) ? undefined : time;
  }

  user(userId: string): UserFacts | undefined {
    if (this.#user?.id === userId) return this.#user.facts;
    const user = this.#log.userOf(userId);
    this.#user = { id: userId, facts: user === undefined ? undefined : factsOf(this.#log.rows(user)) };
    return this.#user.facts;
  }

  /** The last line that an interaction stands on. */
  get lastLine(): number {
    return this.#store.sources.lastLine(this.#sourceId());
  }

  get items(): ReadonlyMap<string, Item> {
    this.#items ??= this.#store.sources.items(this.#sourceId());
    return this.#items;
  }

  titleOf(itemId: string): string {
    return this.items.get(itemId)?.title ?? '';
  }

  /** Removes what of a large log lies in files. */
  close(): void {
    this.#read?.close();
    this.#read = undefined;
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

  get #log(): UserSequences {
    this.#read ??= new UserSequences(
      readLog(this.#store, this.#sourceId(), this.#options.mostRows),
      { kind: 'log' },
      { inside: this.#store.folder, ...this.#options },
    );
    return this.#read;
  }

  /** Among the rows of the user, which are in the order of the log; a line of another user's is looked for everywhere. */
  #find(userId: string, logIndex: number): { rows: OwnRows; place: number } | undefined {
    const own = this.#log.userOf(userId);
    const found = own === undefined ? undefined : placeOf(this.#log.rows(own), logIndex);
    if (found !== undefined) return found;
    const other = this.#log.userAt(logIndex);
    return other === undefined ? undefined : placeOf(this.#log.rows(other), logIndex);
  }
}

function placeOf(rows: OwnRows, logIndex: number): { rows: OwnRows; place: number } | undefined {
  const place = lowerBound(rows.lines, logIndex);
  return rows.lines[place] === logIndex ? { rows, place } : undefined;
}

function factsOf({ lines, timestamps, ratings }: OwnRows): UserFacts {
  return {
    interactions: lines.length,
    times: Array.from(timestamps.filter((time) => !Number.isNaN(time)).sort()),
    ratings: new Set(ratings.filter((rating) => !Number.isNaN(rating))),
  };
}
