import type { Interaction } from '../core/interaction.js';

/** Numbers of a column: short ones where these are exact, doubles where some are not. NaN: none. */
export type RatingColumn = Float32Array | Float64Array;
export type TimeColumn = Uint32Array | Float32Array | Float64Array;

/** Attributes by line, of lines that have any. */
export type AttributesAt = (lines: readonly number[]) => ReadonlyMap<number, Interaction['attributes']>;

/** Rows in log order, a column each. */
export interface LogBatch {
  readonly size: number;
  readonly users: Uint32Array; // positions
  readonly items: Uint32Array; // positions
  readonly ratings: RatingColumn;
  readonly timestamps: TimeColumn; // seconds since 1970, UTC
  readonly lines: Uint32Array; // logIndex, ascending
}

/** A log that is gone through as often as somebody asks, wherever its rows lie. */
export interface LogRows {
  readonly size: number; // interactions
  readonly userIds: readonly string[]; // by position
  readonly itemIds: readonly string[]; // by position
  readonly attributeNames: ReadonlySet<string>;
  /** Attributes, reviews among them, stay where they were read from and are asked for row by row. */
  readonly attributesAt: AttributesAt;
  /** All rows in log order, from the first on at each call. */
  batches(): Iterable<LogBatch>;
}

/** Whether some interaction has a rating. */
export function hasRatings(log: LogRows): boolean {
  for (const { size, ratings } of log.batches()) {
    for (let row = 0; row < size; row++) if (!Number.isNaN(ratings[row])) return true;
  }
  return false;
}

/**
 * A log in memory, 20 bytes an interaction (28 where ratings and times need 64 bits); ids are kept once. Of 100 million that is 2 GB: longer logs
 * than readLog (read-log.ts) takes into memory are read from where they lie, each time again.
 */
export class LogTable implements LogRows, LogBatch {
  readonly size: number;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  readonly ratings: RatingColumn;
  readonly timestamps: TimeColumn;
  readonly lines: Uint32Array;
  readonly attributeNames: ReadonlySet<string>;
  readonly attributesAt: AttributesAt;

  constructor(log: LogRows) {
    const { size } = log;
    let ratings: RatingColumn = new Float32Array(size);
    let timestamps: TimeColumn = new Uint32Array(size);
    const [users, items, lines] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)];
    let end = 0;
    for (const batch of log.batches()) {
      const begin = end;
      end += batch.size;
      users.set(batch.users, begin);
      items.set(batch.items, begin);
      lines.set(batch.lines, begin);
      if (begin === 0 && batch.timestamps.every(Number.isNaN)) timestamps = new Float32Array(size);
      ratings = withRoom(ratings, batch.ratings);
      timestamps = withRoom(timestamps, batch.timestamps);
      ratings.set(batch.ratings, begin);
      timestamps.set(batch.timestamps, begin);
    }
    this.size = end;
    this.userIds = log.userIds;
    this.itemIds = log.itemIds;
    this.users = users.subarray(0, end);
    this.items = items.subarray(0, end);
    this.ratings = ratings.subarray(0, end);
    this.timestamps = timestamps.subarray(0, end);
    this.lines = lines.subarray(0, end);
    this.attributeNames = log.attributeNames;
    this.attributesAt = log.attributesAt;
  }

  batches(): Iterable<LogBatch> {
    return [this];
  }
}

/** The column, with numbers wide enough for what comes. */
function withRoom<Column extends TimeColumn>(column: Column, coming: TimeColumn): Column | Float64Array {
  const isExact =
    column instanceof Uint32Array
      ? coming.every((value) => value <= 0xffffffff)
      : column instanceof Float64Array || coming.every((value) => Math.fround(value) === value || Number.isNaN(value));
  return isExact ? column : new Float64Array(column);
}
