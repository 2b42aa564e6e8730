import type { RatingColumn, TimeColumn } from './log-table.js';

/** Columns of any number. */
export const WIDE: Pick<OwnRows, 'ratings' | 'timestamps'> = {
  ratings: new Float64Array(),
  timestamps: new Float64Array(),
};

/** The rows of some users, user by user, a column each. NaN: none. */
export interface OwnRows {
  readonly items: Uint32Array; // positions in the log's itemIds
  readonly ratings: RatingColumn;
  readonly timestamps: TimeColumn;
  readonly lines: Uint32Array;
}

/** Takes rows of users in log order and puts each at the next place of its user. */
export class UserRows {
  readonly columns: OwnRows;
  readonly #next: Uint32Array; // place of each user's next row

  /**
   * begins  of each of the users among all rows, and where the last one's end; subtracted from them: where the first one's begin
   * like    columns whose width serves
   */
  constructor(begins: Uint32Array, like: Pick<OwnRows, 'ratings' | 'timestamps'>) {
    const first = begins[0] as number;
    this.#next = begins.map((begin) => begin - first);
    const rows = this.#next.at(-1) as number;
    this.columns = {
      items: new Uint32Array(rows),
      ratings: new (like.ratings.constructor as Kind<RatingColumn>)(rows),
      timestamps: new (like.timestamps.constructor as Kind<TimeColumn>)(rows),
      lines: new Uint32Array(rows),
    };
  }

  /** user  counted from the first one */
  add(user: number, item: number, rating: number, timestamp: number, line: number): void {
    const place = this.#next[user] as number;
    this.#next[user] = place + 1;
    this.columns.items[place] = item;
    this.columns.ratings[place] = rating;
    this.columns.timestamps[place] = timestamp;
    this.columns.lines[place] = line;
  }
}

type Kind<Column> = new (rows: number) => Column;

/** Some of the rows. */
export function between({ items, ratings, timestamps, lines }: OwnRows, begin: number, end: number): OwnRows {
  return {
    items: items.subarray(begin, end),
    ratings: ratings.subarray(begin, end),
    timestamps: timestamps.subarray(begin, end),
    lines: lines.subarray(begin, end),
  };
}

/** Puts rows in an order: order[i] is the place that row i came from. */
export function rearrange(rows: OwnRows, order: ArrayLike<number>): void {
  for (const column of [rows.items, rows.ratings, rows.timestamps, rows.lines]) {
    const before = column.slice();
    for (let place = 0; place < column.length; place++) column[place] = before[order[place] as number] as number;
  }
}
