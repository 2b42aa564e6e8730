import type { Interaction } from '../core/interaction.js';
import type { LogColumns } from '../core/log-columns.js';

const FIRST_ROWS = 1024;
const NONE: Interaction['attributes'] = Object.freeze({});

/**
 * Interactions in log order, 28 bytes each, so that a log of many millions stands in memory; ids are kept once. Attributes, reviews
 * among them, stay where they were read from and are asked for row by row.
 */
export class LogTable {
  readonly size: number;
  readonly userIds: readonly string[]; // in order of first appearance
  readonly itemIds: readonly string[]; // in order of first appearance
  readonly users: Uint32Array; // of each row: which of userIds
  readonly items: Uint32Array; // of each row: which of itemIds
  readonly ratings: Float64Array; // NaN: none
  readonly timestamps: Float64Array; // NaN: none
  readonly lines: Uint32Array; // logIndex, ascending
  readonly attributeNames: ReadonlySet<string>;
  readonly #attributesAt: AttributesAt;

  private constructor(columns: Columns, attributesAt: AttributesAt) {
    const { size } = columns;
    this.size = size;
    this.userIds = columns.userIds;
    this.itemIds = columns.itemIds;
    this.users = columns.users.subarray(0, size);
    this.items = columns.items.subarray(0, size);
    this.ratings = columns.ratings.subarray(0, size);
    this.timestamps = columns.timestamps.subarray(0, size);
    this.lines = columns.lines.subarray(0, size);
    this.attributeNames = columns.attributeNames;
    this.#attributesAt = attributesAt;
  }

  /** log  in log order; users and items are numbered anew, by their first row */
  static read(log: ReadableLog): LogTable {
    const columns = emptyColumns(FIRST_ROWS);
    const users = new Renumbered(log.userIds, columns.userIds);
    const items = new Renumbered(log.itemIds, columns.itemIds);
    for (const batch of log.batches) {
      const begin = columns.size;
      columns.size += batch.size;
      if (columns.size > columns.users.length) grow(columns);
      for (let row = 0; row < batch.size; row++) {
        columns.users[begin + row] = users.of(batch.users[row] as number);
        columns.items[begin + row] = items.of(batch.items[row] as number);
      }
      for (const name of ['ratings', 'timestamps', 'lines'] as const) columns[name].set(batch[name], begin);
    }
    return new LogTable({ ...columns, attributeNames: new Set(log.attributeNames) }, log.attributesAt);
  }

  /** The rows that stay, users in order of their first row among these. */
  where(stays: (row: number) => boolean): LogTable {
    let size = 0;
    for (let row = 0; row < this.size; row++) if (stays(row)) size += 1;
    if (size === this.size) return this;
    const kept = emptyColumns(size);
    const users = new Renumbered(this.userIds, kept.userIds);
    const items = new Renumbered(this.itemIds, kept.itemIds);
    for (let row = 0; row < this.size; row++) {
      if (!stays(row)) continue;
      const at = kept.size++;
      kept.users[at] = users.of(this.users[row] as number);
      kept.items[at] = items.of(this.items[row] as number);
      kept.ratings[at] = this.ratings[row] as number;
      kept.timestamps[at] = this.timestamps[row] as number;
      kept.lines[at] = this.lines[row] as number;
    }
    return new LogTable({ ...kept, attributeNames: new Set(this.attributeNames) }, this.#attributesAt);
  }

  /** The interactions of rows, in the order that is asked for. */
  interactions(rows: ArrayLike<number>): Interaction[] {
    const lines = Array.from(rows, (row) => this.lines[row] as number);
    const attributes = this.attributeNames.size === 0 ? undefined : this.#attributesAt(lines);
    return lines.map((logIndex, i) => {
      const row = rows[i] as number;
      const [rating, timestamp] = [this.ratings[row] as number, this.timestamps[row] as number];
      return {
        userId: this.userIds[this.users[row] as number] as string,
        itemId: this.itemIds[this.items[row] as number] as string,
        rating: Number.isNaN(rating) ? null : rating,
        timestamp: Number.isNaN(timestamp) ? null : timestamp,
        logIndex,
        attributes: attributes?.get(logIndex) ?? NONE,
      };
    });
  }

  /** The row that was read from a line; undefined: none was. */
  rowOf(logIndex: number): number | undefined {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lines[middle] as number) < logIndex) low = middle + 1;
      else high = middle;
    }
    return this.lines[low] === logIndex ? low : undefined;
  }

  /** Whether some interaction has a rating. */
  get hasRatings(): boolean {
    return this.ratings.some((rating) => !Number.isNaN(rating));
  }

  /** Every rating that there is, ascending. */
  scale(): number[] {
    const found = new Set(this.ratings);
    found.delete(Number.NaN);
    return [...found].sort((a, b) => a - b);
  }
}

/** Attributes by line, of lines that have any. */
export type AttributesAt = (lines: readonly number[]) => ReadonlyMap<number, Interaction['attributes']>;

/** A log as the store has it. */
export interface ReadableLog {
  readonly userIds: readonly string[]; // by position
  readonly itemIds: readonly string[]; // by position
  readonly batches: Iterable<LogColumns>;
  readonly attributeNames: readonly string[];
  readonly attributesAt: AttributesAt;
}

interface Columns {
  size: number;
  readonly userIds: string[];
  readonly itemIds: string[];
  users: Uint32Array;
  items: Uint32Array;
  ratings: Float64Array;
  timestamps: Float64Array;
  lines: Uint32Array;
  readonly attributeNames: Set<string>;
}

function emptyColumns(rows: number): Columns {
  return {
    size: 0,
    userIds: [],
    itemIds: [],
    users: new Uint32Array(rows),
    items: new Uint32Array(rows),
    ratings: new Float64Array(rows),
    timestamps: new Float64Array(rows),
    lines: new Uint32Array(rows),
    attributeNames: new Set(),
  };
}

/** Room for all rows, and as many again. */
function grow(columns: Columns): void {
  const larger = emptyColumns(columns.size * 2);
  for (const name of ['users', 'items', 'ratings', 'timestamps', 'lines'] as const) larger[name].set(columns[name]);
  const { users, items, ratings, timestamps, lines } = larger;
  Object.assign(columns, { users, items, ratings, timestamps, lines });
}

/** Numbers of another table, numbered from 0 in the order in which they are met. */
class Renumbered {
  readonly #ids: readonly string[];
  readonly #met: string[];
  readonly #places: Int32Array; // by old number; -1: not met

  /** met  takes the ids that are met */
  constructor(ids: readonly string[], met: string[]) {
    this.#ids = ids;
    this.#met = met;
    this.#places = new Int32Array(ids.length).fill(-1);
  }

  of(old: number): number {
    const known = this.#places[old] as number;
    if (known >= 0) return known;
    this.#places[old] = this.#met.length;
    return this.#met.push(this.#ids[old] as string) - 1;
  }
}
