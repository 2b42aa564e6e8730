import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import { Random } from '../core/random.js';
import type { UserOrder } from '../core/recipe.js';
import type { LogTable } from './log-table.js';

/** The interactions of one user, in the order that the recipe gives them: what is earlier may be history of what is later. */
export interface UserSequence {
  readonly userId: string;
  readonly interactions: readonly Interaction[];
}

/** A log by user. A user's interactions are made anew each time that they are asked for, so that one user's alone stand in memory. */
export class UserSequences {
  readonly table: LogTable;
  readonly #rows: Uint32Array; // of the table, user by user, each user's in order
  readonly #begins: Uint32Array; // of each user among these; one more for the end
  #places: Map<string, number> | undefined;

  /**
   * Groups a log by user and puts each user's interactions in order.
   *
   * throws  RectuneError 'data' when the order is by time and an interaction has none
   */
  constructor(table: LogTable, order: UserOrder) {
    this.table = table;
    if (order.kind === 'time') refuseTimeless(table);
    this.#begins = new Uint32Array(table.userIds.length + 1);
    for (const user of table.users) this.#begins[user + 1] = (this.#begins[user + 1] as number) + 1;
    for (let user = 0; user < table.userIds.length; user++) {
      this.#begins[user + 1] = (this.#begins[user + 1] as number) + (this.#begins[user] as number);
    }
    this.#rows = new Uint32Array(table.size);
    const next = this.#begins.slice();
    table.users.forEach((user, row) => {
      this.#rows[next[user] as number] = row;
      next[user] = (next[user] as number) + 1;
    });
    for (let user = 0; user < this.users; user++) this.#put(user, order);
  }

  /** Users are numbered in order of first appearance in the log. */
  get users(): number {
    return this.table.userIds.length;
  }

  userId(user: number): string {
    return this.table.userIds[user] as string;
  }

  /** The number of a user; undefined: no interaction of this one was let in. */
  userOf(userId: string): number | undefined {
    this.#places ??= new Map(this.table.userIds.map((id, place) => [id, place]));
    return this.#places.get(userId);
  }

  /** How many interactions a user has. */
  count(user: number): number {
    return (this.#begins[user + 1] as number) - (this.#begins[user] as number);
  }

  /** Rows of the table of a user, in the user's order. */
  rows(user: number): Uint32Array {
    return this.#rows.subarray(this.#begins[user], this.#begins[user + 1]);
  }

  sequence(user: number): UserSequence {
    return { userId: this.userId(user), interactions: this.table.interactions(this.rows(user)) };
  }

  #put(user: number, order: UserOrder): void {
    const rows = this.rows(user);
    if (order.kind === 'shuffled') {
      // A stream for each user: one more user in the log does not change the others.
      rows.set(new Random(order.seed, `order of user ${this.userId(user)}`).shuffle([...rows]));
      return;
    }
    if (order.kind === 'log') return; // rows of the table are in log order
    // By timestamp alone: ties stay in log order, as published data sets have them.
    const times = this.table.timestamps;
    rows.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  }
}

function refuseTimeless({ timestamps, lines }: LogTable): void {
  const row = timestamps.findIndex((timestamp) => Number.isNaN(timestamp));
  if (row < 0) return;
  const fix = 'give source.yaml a timestamp column, or set the order to shuffled in the recipe';
  throw new RectuneError('data', 'an interaction has no timestamp', `line ${lines[row]} of the log`, fix);
}
