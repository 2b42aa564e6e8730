import type { Stays } from './admit.js';
import type { LogRows } from './log-table.js';

/** What is known of a log before its rows are grouped. */
export interface Counted {
  readonly size: number;
  readonly users: Uint32Array; // positions in the log, in order of first appearance
  readonly numbers: Int32Array; // of each position: which of these; -1: none of this user's rows stays
  readonly begins: Uint32Array; // of each user among all rows; one more for the end
  readonly isMet: Uint8Array; // of each position of an item
  readonly ratings: ReadonlySet<number>;
  readonly timeless: number | undefined; // line of the first row without a time
}

/** Goes through a log once. */
export function countUsers(log: LogRows, stays: Stays): Counted {
  const numbers = new Int32Array(log.userIds.length).fill(-1);
  const users = new Uint32Array(log.userIds.length);
  const counts = new Uint32Array(log.userIds.length);
  const isMet = new Uint8Array(log.itemIds.length);
  const ratings = new Set<number>();
  let [size, known, timeless, last] = [0, 0, undefined as number | undefined, Number.NaN];
  for (const batch of log.batches()) {
    for (let row = 0; row < batch.size; row++) {
      if (!stays(batch, row)) continue;
      size += 1;
      const position = batch.users[row] as number;
      let user = numbers[position] as number;
      if (user < 0) {
        user = known++;
        numbers[position] = user;
        users[user] = position;
      }
      counts[user] = (counts[user] as number) + 1;
      isMet[batch.items[row] as number] = 1;
      const rating = batch.ratings[row] as number;
      if (rating !== last && !Number.isNaN(rating)) ratings.add(rating);
      last = rating;
      if (timeless === undefined && Number.isNaN(batch.timestamps[row])) timeless = batch.lines[row];
    }
  }
  const begins = new Uint32Array(known + 1);
  for (let user = 0; user < known; user++) begins[user + 1] = (begins[user] as number) + (counts[user] as number);
  return { size, users: users.slice(0, known), numbers, begins, isMet, ratings, timeless };
}
