/** Users of a list of rows, numbered from 0 by first appearance. */
export interface UserIndex {
  readonly count: number;
  readonly ofRow: Uint32Array; // number of each row's user
}

/**
 * A metric made ready for resampling: the figure for any multiset of users.
 *
 * times    how often each user is taken, by the user's number; a user taken twice counts as two users with the same rows
 * returns  undefined where the metric is not defined on that multiset
 */
export type UserStatistic = (times: Uint32Array) => number | undefined;

export function indexUsers(users: readonly string[]): UserIndex {
  const numbers = new Map<string, number>();
  const ofRow = new Uint32Array(users.length);
  users.forEach((user, row) => {
    let number = numbers.get(user);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(user, number);
    }
    ofRow[row] = number;
  });
  return { count: numbers.size, ofRow };
}

/** Mean over the rows of the taken users of a value that each row has by itself. Undefined without rows. */
export function meanOfRows(values: readonly number[], users: UserIndex): UserStatistic {
  const sums = new Float64Array(users.count);
  const rows = new Uint32Array(users.count);
  values.forEach((value, row) => {
    const user = users.ofRow[row] as number;
    sums[user] = (sums[user] as number) + value;
    rows[user] = (rows[user] as number) + 1;
  });
  return (times) => {
    let sum = 0;
    let total = 0;
    for (let user = 0; user < users.count; user++) {
      const taken = times[user] as number;
      sum += taken * (sums[user] as number);
      total += taken * (rows[user] as number);
    }
    return total === 0 ? undefined : sum / total;
  };
}

/** The statistic with every user taken once: the metric itself. */
export function onAllUsers(statistic: UserStatistic, users: UserIndex): number | undefined {
  return statistic(new Uint32Array(users.count).fill(1));
}

/** throws RangeError on unequal lengths or a score that is not finite */
export function checkRows(scores: readonly number[], labels: readonly boolean[]): void {
  if (scores.length !== labels.length) {
    throw new RangeError(`${scores.length} scores do not fit ${labels.length} labels`);
  }
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) throw new RangeError(`score ${scores[broken]} of row ${broken} is not finite`);
}
