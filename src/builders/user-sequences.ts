import { tmpdir } from 'node:os';
import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import { Random } from '../core/random.js';
import type { UserOrder } from '../core/recipe.js';
import type { Stays } from './admit.js';
import { type Counted, countUsers } from './counted-users.js';
import { DealtRows } from './dealt-rows.js';
import { type LogRows, LogTable, type TimeColumn } from './log-table.js';
import { between, type OwnRows, rearrange, UserRows, WIDE } from './user-rows.js';

/** A log of more interactions is dealt out to files by its users, which is sooner done, too: places of 20 million rows all over the memory wait for it. */
export const MOST_ROWS_IN_MEMORY = 5_000_000;

const PART_ROWS = 2_000_000; // of a file: it takes 110 MB to read it
const MOST_PARTS = 200; // about; files that are open while they are written

const NONE: Interaction['attributes'] = Object.freeze({});

/** The interactions of one user, in the order that the recipe gives them: what is earlier may be history of what is later. */
export interface UserSequence {
  readonly userId: string;
  readonly interactions: readonly Interaction[];
}

export interface SequenceOptions {
  readonly stays?: Stays; // rows of the log that are let in; all without it
  readonly inside?: string; // folder for what does not stay in memory; the system's without it
  readonly mostRows?: number; // in memory
  readonly partRows?: number; // of a file
}

/**
 * A log by user. A user's interactions are made when they are asked for, so that one user's alone stand in memory; of a large log all rows
 * lie in files, of which one stands in memory: users are to be asked for in their order, more or less.
 */
export class UserSequences {
  readonly #log: LogRows;
  readonly #order: UserOrder;
  readonly #counted: Counted;
  readonly #firsts: readonly number[]; // of each part of the users
  readonly #dealt: DealtRows | undefined; // undefined: the only part stands in memory
  #part: { readonly number: number; readonly rows: OwnRows };
  #own: { user: number; rows: OwnRows } | undefined; // of the last user that was asked for
  #places: Map<string, number> | undefined;
  #last: { readonly user: number; readonly sequence: UserSequence } | undefined;

  /**
   * Groups a log by user and puts each user's interactions in order.
   *
   * throws  RectuneError 'data' when the order is by time and an interaction has none
   */
  constructor(log: LogRows, order: UserOrder, options: SequenceOptions = {}) {
    const { stays = () => true, inside = tmpdir(), mostRows = MOST_ROWS_IN_MEMORY, partRows = PART_ROWS } = options;
    this.#log = log;
    this.#order = order;
    const counted = countUsers(log, stays);
    this.#counted = counted;
    if (order.kind === 'time' && counted.timeless !== undefined) throw timeless(counted.timeless);
    if (counted.size <= mostRows) {
      this.#firsts = [0];
      this.#part = { number: 0, rows: this.#put(0, readAll(log, stays, counted)) };
    } else {
      this.#firsts = partsOf(counted.begins, Math.max(partRows, Math.ceil(counted.size / MOST_PARTS)));
      this.#dealt = deal(log, stays, counted, this.#firsts, inside);
      this.#part = { number: 0, rows: this.#put(0, this.#dealt.read(0)) };
    }
  }

  /** Interactions that are let in. */
  get size(): number {
    return this.#counted.size;
  }

  /** Users are numbered in order of first appearance among what is let in. */
  get users(): number {
    return this.#counted.users.length;
  }

  userId(user: number): string {
    return this.#log.userIds[this.#counted.users[user] as number] as string;
  }

  /** The number of a user; undefined: no interaction of this one was let in. */
  userOf(userId: string): number | undefined {
    if (this.#places === undefined) {
      this.#places = new Map();
      for (let user = 0; user < this.users; user++) this.#places.set(this.userId(user), user);
    }
    return this.#places.get(userId);
  }

  itemId(position: number): string {
    return this.#log.itemIds[position] as string;
  }

  /** Positions of items are below it. */
  get itemCount(): number {
    return this.#log.itemIds.length;
  }

  /** Ids of the items that somebody met. */
  *itemIds(): Generator<string, void> {
    for (let item = 0; item < this.#counted.isMet.length; item++) {
      if (this.#counted.isMet[item] === 1) yield this.itemId(item);
    }
  }

  /** Every rating that there is, ascending. */
  scale(): number[] {
    return [...this.#counted.ratings].sort((a, b) => a - b);
  }

  /** How many interactions a user has. */
  count(user: number): number {
    return this.begin(user + 1) - this.begin(user);
  }

  /** How many interactions the users before have. */
  begin(user: number): number {
    return this.#counted.begins[user] as number;
  }

  /** The rows of a user, in the user's order. They hold until those of another one are asked for. */
  rows(user: number): OwnRows {
    if (this.#own?.user !== user) {
      const { first, rows } = this.#holding(user);
      const start = this.begin(first);
      this.#own = { user, rows: between(rows, this.begin(user) - start, this.begin(user + 1) - start) };
    }
    return this.#own.rows;
  }

  /** Those who go through a log user by user ask for the same one in turn: the last answer is kept. */
  sequence(user: number): UserSequence {
    if (this.#last?.user === user) return this.#last.sequence;
    const userId = this.userId(user);
    const { items, ratings, timestamps, lines } = this.rows(user);
    const { attributeNames, attributesAt } = this.#log;
    const attributes = attributeNames.size === 0 ? undefined : attributesAt([...lines]);
    const interactions = Array.from(lines, (logIndex, row): Interaction => {
      const [rating, timestamp] = [ratings[row] as number, timestamps[row] as number];
      return {
        userId,
        itemId: this.itemId(items[row] as number),
        rating: Number.isNaN(rating) ? null : rating,
        timestamp: Number.isNaN(timestamp) ? null : timestamp,
        logIndex,
        attributes: attributes?.get(logIndex) ?? NONE,
      };
    });
    const sequence = { userId, interactions };
    this.#last = { user, sequence };
    return sequence;
  }

  /** The user of a line, which is looked for among all; undefined: no interaction of it was let in. */
  userAt(logIndex: number): number | undefined {
    for (const [part, first] of this.#firsts.entries()) {
      const row = this.#read(part).lines.indexOf(logIndex);
      if (row < 0) continue;
      let user = first;
      while (this.begin(user + 1) - this.begin(first) <= row) user += 1;
      return user;
    }
    return undefined;
  }

  /** Times of all rows, in no order, many at once. */
  *times(): Generator<TimeColumn, void> {
    for (const part of this.#firsts.keys()) yield this.#read(part).timestamps;
  }

  /** Removes what lies on the disk. */
  close(): void {
    this.#dealt?.close();
  }

  #holding(user: number): { first: number; rows: OwnRows } {
    let [low, high] = [0, this.#firsts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] as number) <= user) low = middle;
      else high = middle;
    }
    return { first: this.#firsts[low] as number, rows: this.#read(low) };
  }

  #read(number: number): OwnRows {
    if (this.#dealt && this.#part.number !== number) {
      this.#part = { number, rows: this.#put(this.#firsts[number] as number, this.#dealt.read(number)) };
    }
    return this.#part.rows;
  }

  /** Puts rows of users, from the first one on, in the order of the recipe; they are in log order. */
  #put(first: number, rows: OwnRows): OwnRows {
    if (this.#order.kind === 'log') return rows;
    const start = this.begin(first);
    const end = start + rows.lines.length;
    for (let user = first; user < this.users && this.begin(user) < end; user++) {
      const own = between(rows, this.begin(user) - start, this.begin(user + 1) - start);
      if (this.#order.kind === 'shuffled') {
        // A stream for each user: one more user in the log does not change the others.
        const random = new Random(this.#order.seed, `order of user ${this.userId(user)}`);
        rearrange(own, random.shuffle([...own.lines.keys()]));
      } else if (!isAscending(own.timestamps)) {
        // By timestamp alone: ties stay in log order, as published data sets have them.
        const times = own.timestamps;
        rearrange(
          own,
          [...own.lines.keys()].sort((a, b) => (times[a] as number) - (times[b] as number) || a - b),
        );
      }
    }
    return rows;
  }
}

function readAll(log: LogRows, stays: Stays, { numbers, begins }: Counted): OwnRows {
  const rows = new UserRows(begins, log instanceof LogTable ? log : WIDE);
  for (const batch of log.batches()) {
    for (let row = 0; row < batch.size; row++) {
      if (!stays(batch, row)) continue;
      const user = numbers[batch.users[row] as number] as number;
      const [rating, time] = [batch.ratings[row] as number, batch.timestamps[row] as number];
      rows.add(user, batch.items[row] as number, rating, time, batch.lines[row] as number);
    }
  }
  return rows.columns;
}

/** The first user of each part: users in their order, as many as have so many rows together, and one at least. */
function partsOf(begins: Uint32Array, rows: number): number[] {
  const firsts = [0];
  for (let user = 1; user < begins.length - 1; user++) {
    if ((begins[user + 1] as number) - (begins[firsts.at(-1) as number] as number) > rows) firsts.push(user);
  }
  return firsts;
}

function deal(log: LogRows, stays: Stays, counted: Counted, firsts: readonly number[], inside: string): DealtRows {
  const { numbers, begins } = counted;
  const partOf = new Uint16Array(begins.length);
  firsts.forEach((first, part) => {
    partOf.fill(part, first);
  });
  const dealt = new DealtRows(begins, firsts, inside);
  try {
    for (const batch of log.batches()) {
      for (let row = 0; row < batch.size; row++) {
        if (!stays(batch, row)) continue;
        const user = numbers[batch.users[row] as number] as number;
        const [rating, time] = [batch.ratings[row] as number, batch.timestamps[row] as number];
        dealt.add(partOf[user] as number, user, batch.items[row] as number, rating, time, batch.lines[row] as number);
      }
    }
    return dealt;
  } catch (error) {
    dealt.close();
    throw error;
  }
}

function isAscending(times: TimeColumn): boolean {
  for (let row = 1; row < times.length; row++) if ((times[row] as number) < (times[row - 1] as number)) return false;
  return true;
}

function timeless(line: number): RectuneError {
  const fix = 'give source.yaml a timestamp column, or set the order to shuffled in the recipe';
  return new RectuneError('data', 'an interaction has no timestamp', `line ${line} of the log`, fix);
}
