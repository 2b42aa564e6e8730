import type { Interaction } from '../core/interaction.js';

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

  /**
   * interactions  in log order
   * attributesAt  reads the attributes of lines again, when some interaction has any
   */
  static read(interactions: Iterable<Interaction>, attributesAt: AttributesAt): LogTable {
    const columns = emptyColumns(FIRST_ROWS);
    const userPlaces = new Map<string, number>();
    const itemPlaces = new Map<string, number>();
    for (const one of interactions) {
      if (columns.size === columns.users.length) grow(columns);
      const row = columns.size++;
      columns.users[row] = placeOf(one.userId, userPlaces, columns.userIds);
      columns.items[row] = placeOf(one.itemId, itemPlaces, columns.itemIds);
      columns.ratings[row] = one.rating ?? Number.NaN;
      columns.timestamps[row] = one.timestamp ?? Number.NaN;
      columns.lines[row] = one.logIndex;
      for (const name in one.attributes) columns.attributeNames.add(name);
    }
    return new LogTable(columns, attributesAt);
  }

  /** The rows that stay, users in order of their first row among these. */
  where(stays: (row: number) => boolean): LogTable {
    let size = 0;
    for (let row = 0; row < this.size; row++) if (stays(row)) size += 1;
    if (size === this.size) return this;
    const kept = emptyColumns(size);
    const users = new Map<number, number>();
    const items = new Map<number, number>();
    for (let row = 0; row < this.size; row++) {
      if (!stays(row)) continue;
      const at = kept.size++;
      kept.users[at] = renumbered(this.users[row] as number, users, this.userIds, kept.userIds);
      kept.items[at] = renumbered(this.items[row] as number, items, this.itemIds, kept.itemIds);
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
        attributes: attributes?.get(logIndex)?.attributes ?? NONE,
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

/** Attributes by line. */
export type AttributesAt = (lines: readonly number[]) => ReadonlyMap<number, Pick<Interaction, 'attributes'>>;

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

function grow(columns: Columns): void {
  const rows = columns.users.length * 2;
  const larger = emptyColumns(rows);
  for (const name of ['users', 'items', 'ratings', 'timestamps', 'lines'] as const) larger[name].set(columns[name]);
  const { users, items, ratings, timestamps, lines } = larger;
  Object.assign(columns, { users, items, ratings, timestamps, lines });
}

function placeOf(id: string, places: Map<string, number>, ids: string[]): number {
  const known = places.get(id);
  if (known !== undefined) return known;
  places.set(id, ids.length);
  return ids.push(id) - 1;
}

function renumbered(old: number, places: Map<number, number>, ids: readonly string[], kept: string[]): number {
  const known = places.get(old);
  if (known !== undefined) return known;
  places.set(old, kept.length);
  return kept.push(ids[old] as string) - 1;
}
