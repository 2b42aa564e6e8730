/**
 * Interactions in log order, a column each; all columns have `size` rows. A user or an item is its position within its source: from 0,
 * in the order in which users and items were handed to the store, without holes.
 */
export interface LogColumns {
  readonly size: number;
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  readonly ratings: Float64Array; // NaN: none
  readonly timestamps: Float64Array; // seconds since 1970, UTC, whole; NaN: none
  readonly lines: Uint32Array; // logIndex of each row, growing
  /** What each row has of its own, as a JSON object of texts; null: nothing. Undefined: no row has anything, or nobody asked for it. */
  readonly attributes: readonly (string | null)[] | undefined;
}

/** Columns that are filled row by row, for those who have rows. */
export class ColumnsBuffer {
  readonly #users: Uint32Array;
  readonly #items: Uint32Array;
  readonly #ratings: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #lines: Uint32Array;
  #attributes: (string | null)[] | undefined;
  #size = 0;

  /** rows  that it has room for */
  constructor(rows: number) {
    this.#users = new Uint32Array(rows);
    this.#items = new Uint32Array(rows);
    this.#ratings = new Float64Array(rows);
    this.#timestamps = new Float64Array(rows);
    this.#lines = new Uint32Array(rows);
  }

  get isFull(): boolean {
    return this.#size === this.#lines.length;
  }

  /** rating, timestamp: NaN for none. attributes: JSON, null for none. Not when it is full. */
  add(
    user: number,
    item: number,
    rating: number,
    timestamp: number,
    line: number,
    attributes: string | null = null,
  ): void {
    const row = this.#size++;
    this.#users[row] = user;
    this.#items[row] = item;
    this.#ratings[row] = rating;
    this.#timestamps[row] = timestamp;
    this.#lines[row] = line;
    if (attributes === null) return;
    this.#attributes ??= new Array(this.#lines.length).fill(null);
    this.#attributes[row] = attributes;
  }

  /** Copies rows of other columns from the row `begin` on, without attributes, as many as there is room for; returns how many. */
  fill(columns: LogColumns, begin: number): number {
    const rows = Math.min(columns.size - begin, this.#lines.length - this.#size);
    const end = begin + rows;
    this.#users.set(columns.users.subarray(begin, end), this.#size);
    this.#items.set(columns.items.subarray(begin, end), this.#size);
    this.#ratings.set(columns.ratings.subarray(begin, end), this.#size);
    this.#timestamps.set(columns.timestamps.subarray(begin, end), this.#size);
    this.#lines.set(columns.lines.subarray(begin, end), this.#size);
    this.#size += rows;
    return rows;
  }

  /** The rows so far, and room again. What is given back holds until the next add(). */
  take(): LogColumns {
    const size = this.#size;
    const attributes = this.#attributes?.slice(0, size);
    this.#size = 0;
    this.#attributes = undefined;
    return {
      size,
      users: this.#users.subarray(0, size),
      items: this.#items.subarray(0, size),
      ratings: this.#ratings.subarray(0, size),
      timestamps: this.#timestamps.subarray(0, size),
      lines: this.#lines.subarray(0, size),
      attributes,
    };
  }
}

/** Attributes as columns have them. */
export function packedAttributes(attributes: Readonly<Record<string, string>>): string | null {
  for (const _name in attributes) return JSON.stringify(attributes);
  return null;
}
