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

/** Some rows of columns, in the same memory, attributes not among them. */
export function rowsBetween(columns: Columns, begin: number, end: number): LogColumns {
  return {
    size: end - begin,
    users: columns.users.subarray(begin, end),
    items: columns.items.subarray(begin, end),
    ratings: columns.ratings.subarray(begin, end),
    timestamps: columns.timestamps.subarray(begin, end),
    lines: columns.lines.subarray(begin, end),
    attributes: undefined,
  };
}

type Columns = Pick<LogColumns, 'users' | 'items' | 'ratings' | 'timestamps' | 'lines'>;

/** Room for so many rows. */
export function emptyColumns(rows: number): Columns {
  return {
    users: new Uint32Array(rows),
    items: new Uint32Array(rows),
    ratings: new Float64Array(rows),
    timestamps: new Float64Array(rows),
    lines: new Uint32Array(rows),
  };
}

/** Columns that are filled row by row, for those who have rows. */
export class ColumnsBuffer {
  readonly #columns: Columns;
  readonly #rows: number;
  #attributes: (string | null)[] | undefined;
  #size = 0;

  /** rows  that it has room for */
  constructor(rows: number) {
    this.#columns = emptyColumns(rows);
    this.#rows = rows;
  }

  get isFull(): boolean {
    return this.#size === this.#rows;
  }

  /** How many more rows it has room for. */
  get room(): number {
    return this.#rows - this.#size;
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
    this.#columns.users[row] = user;
    this.#columns.items[row] = item;
    this.#columns.ratings[row] = rating;
    this.#columns.timestamps[row] = timestamp;
    this.#columns.lines[row] = line;
    if (attributes === null) return;
    this.#attributes ??= new Array(this.#rows).fill(null);
    this.#attributes[row] = attributes;
  }

  /** Copies rows of other columns from the row `begin` on, without attributes, as many as there is room for; returns how many. */
  fill(columns: LogColumns, begin: number): number {
    const rows = Math.min(columns.size - begin, this.room);
    const from = rowsBetween(columns, begin, begin + rows);
    for (const name of ['users', 'items', 'ratings', 'timestamps', 'lines'] as const)
      this.#columns[name].set(from[name], this.#size);
    this.#size += rows;
    return rows;
  }

  /** The rows so far, and room again. What is given back holds until the next add(). */
  take(): LogColumns {
    const taken = { ...rowsBetween(this.#columns, 0, this.#size), attributes: this.#attributes?.slice(0, this.#size) };
    this.#size = 0;
    this.#attributes = undefined;
    return taken;
  }
}

/** Attributes as columns have them. */
export function packedAttributes(attributes: Readonly<Record<string, string>>): string | null {
  for (const _name in attributes) return JSON.stringify(attributes);
  return null;
}
