import type { LogColumns } from '../../core/log-columns.js';
import { Counts } from './counts.js';

const ROWS = 32 << 20; // times that stand in memory at once: 256 MiB

/**
 * Seconds between neighbouring interactions of one user, in order of time, and how often: in no order, and a number of seconds may come
 * again. Interactions without a time are left out. A log of more than `rows` times is gone through several times, some users at each.
 *
 * batches  begins the log anew at each call
 * memory   `rows` times (more, if one user alone has more) and two numbers a user
 */
export function* userGaps(
  batches: () => Iterable<LogColumns>,
  rows: number = ROWS,
): Generator<[seconds: number, count: number], void> {
  const counts = timesByUser(batches());
  for (let first = 0; first < counts.length; ) {
    let [behind, total] = [first, 0];
    while (behind < counts.length && (behind === first || total + (counts[behind] as number) <= rows)) {
      total += counts[behind++] as number;
    }
    if (total > 0) yield* gapsOf(batches(), counts.subarray(first, behind), first, total);
    first = behind;
  }
}

/** How many interactions with a time each user has. */
function timesByUser(batches: Iterable<LogColumns>): Uint32Array {
  const counts = new Counts();
  for (const { size, users, timestamps } of batches) {
    for (let row = 0; row < size; row++) if (!Number.isNaN(timestamps[row])) counts.add(users[row] as number);
  }
  return counts.all;
}

/** Of the users from `first`, as many as there are counts; total: the sum of these. */
function* gapsOf(
  batches: Iterable<LogColumns>,
  counts: Uint32Array,
  first: number,
  total: number,
): Generator<[number, number], void> {
  const times = new Float64Array(total); // user by user
  const next = new Uint32Array(counts.length); // place of each user's next time
  for (let user = 1; user < counts.length; user++) {
    next[user] = (next[user - 1] as number) + (counts[user - 1] as number);
  }
  for (const { size, users, timestamps } of batches) {
    for (let row = 0; row < size; row++) {
      const [user, time] = [(users[row] as number) - first, timestamps[row] as number];
      if (user < 0 || user >= counts.length || Number.isNaN(time)) continue;
      const place = next[user] as number;
      times[place] = time;
      next[user] = place + 1;
    }
  }
  for (let [user, begin] = [0, 0]; user < counts.length; user++) {
    const end = begin + (counts[user] as number);
    const own = times.subarray(begin, end).sort();
    for (let i = 1; i < own.length; i++) yield [(own[i] as number) - (own[i - 1] as number), 1];
    begin = end;
  }
}
