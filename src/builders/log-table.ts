import type { Interaction } from '../core/interaction.js';
import type { LogColumns } from '../core/log-columns.js';

const NONE: Interaction['attributes'] = Object.freeze({});

/** Numbers of a column: short ones where these are exact, doubles where some are not. NaN: none. */
export type RatingColumn = Float32Array | Float64Array;
export type TimeColumn = Uint32Array | Float32Array | Float64Array;

/**
 * Interactions in log order, 20 bytes each (28 where ratings and times need 64 bits), so that a log of many millions stands in memory; ids
 * are kept once. Of 100 million that is 2 GB, of which a second copy stands while some are left out, and 0.4 GB for their order by user
 * (user-sequences.ts). Attributes, reviews among them, stay where they were read from and are asked for row by row.
 */
export class LogTable {
  readonly size: number;
  readonly userIds: readonly string[]; // in order of first appearance
  readonly itemIds: readonly string[]; // in order of first appearance
  readonly users: Uint32Array; // of each row: which of userIds
  readonly items: Uint32Array; // of each row: which of itemIds
  readonly ratings: RatingColumn;
  readonly timestamps: TimeColumn; // seconds since 1970, UTC
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
    const columns = emptyColumns(log.size, Float32Array, Uint32Array);
    const users = new Renumbered(log.userIds, columns.userIds);
    const items = new Renumbered(log.itemIds, columns.itemIds);
    for (const batch of log.batches) {
      const begin = columns.size;
      columns.size += batch.size;
      if (columns.size > log.size) throw new RangeError(`a log of ${log.size} rows has more`);
      for (let row = 0; row < batch.size; row++) {
        columns.users[begin + row] = users.of(batch.users[row] as number);
        columns.items[begin + row] = items.of(batch.items[row] as number);
      }
      if (begin === 0 && batch.timestamps.every(Number.isNaN)) columns.timestamps = new Float32Array(log.size);
      columns.ratings = withRoom(columns.ratings, batch.ratings);
      columns.timestamps = withRoom(columns.timestamps, batch.timestamps);
      for (const name of ['ratings', 'timestamps', 'lines'] as const) columns[name].set(batch[name], begin);
    }
    return new LogTable({ ...columns, attributeNames: new Set(log.attributeNames) }, log.attributesAt);
  }

  /** The rows that stay, users in order of their first row among these. */
  where(stays: (row: number) => boolean): LogTable {
    let size = 0;
    for (let row = 0; row < this.size; row++) if (stays(row)) size += 1;
    if (size === this.size) return this;
    const kept = emptyColumns(size, kindOf(this.ratings), kindOf(this.timestamps));
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
    for (const rating of this.ratings) if (!Number.isNaN(rating)) return true;
    return false;
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
  readonly size: number; // interactions
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
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  ratings: RatingColumn;
  timestamps: TimeColumn;
  readonly lines: Uint32Array;
  readonly attributeNames: Set<string>;
}

function emptyColumns(rows: number, Ratings: Kind<RatingColumn>, Times: Kind<TimeColumn>): Columns {
  return {
    size: 0,
    userIds: [],
    itemIds: [],
    users: new Uint32Array(rows),
    items: new Uint32Array(rows),
    ratings: new Ratings(rows),
    timestamps: new Times(rows),
    lines: new Uint32Array(rows),
    attributeNames: new Set(),
  };
}

type Kind<Column> = new (rows: number) => Column;

function kindOf<Column extends TimeColumn>(column: Column): Kind<Column> {
  return column.constructor as Kind<Column>;
}

/** The column, with numbers wide enough for what comes. */
function withRoom<Column extends TimeColumn>(column: Column, coming: Float64Array): Column | Float64Array {
  const isExact =
    column instanceof Uint32Array
      ? coming.every((value) => value <= 0xffffffff)
      : column instanceof Float64Array || coming.every((value) => Math.fround(value) === value || Number.isNaN(value));
  return isExact ? column : new Float64Array(column);
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
