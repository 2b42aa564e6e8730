import type { UserIndex } from './user-index.js';

/**
 * f(sum of tops / sum of bottoms), both sums over the rows of the taken users: a mean of rows is one, and so are RMSE, perplexity, F1, and a mean of users.
 * Each user adds the same whenever the user is taken, so one number a user is all that is kept.
 */
export interface RatioStatistic {
  readonly kind: 'ratio';
  readonly tops: Float64Array; // one a user
  readonly bottoms: Float64Array; // one a user, >= 0
  readonly finish: 'plain' | 'root' | 'exponential'; // f
}

/** Sums up what rows add to their users. */
export function ratioOfRows(
  tops: readonly number[],
  bottoms: readonly number[],
  users: UserIndex,
  finish: RatioStatistic['finish'] = 'plain',
): RatioStatistic {
  return { kind: 'ratio', tops: sumsOfUsers(tops, users), bottoms: sumsOfUsers(bottoms, users), finish };
}

/** Mean over the rows of the taken users of a value that each row has by itself. Undefined without rows. */
export function meanOfRows(
  values: readonly number[],
  users: UserIndex,
  finish: RatioStatistic['finish'] = 'plain',
): RatioStatistic {
  return ratioOfRows(values, new Array<number>(values.length).fill(1), users, finish);
}

/** times  how often each user is taken */
export function ratioValue({ tops, bottoms, finish }: RatioStatistic, times: Uint32Array): number | undefined {
  let top = 0;
  let bottom = 0;
  for (let user = 0; user < times.length; user++) {
    const taken = times[user] as number;
    top += taken * (tops[user] as number);
    bottom += taken * (bottoms[user] as number);
  }
  return finished(top, bottom, finish);
}

/** The figure without each user in turn. */
export function ratioWithoutEach({ tops, bottoms, finish }: RatioStatistic): (number | undefined)[] {
  const top = tops.reduce((sum, value) => sum + value, 0);
  const bottom = bottoms.reduce((sum, value) => sum + value, 0);
  const others = bottoms.reduce((users, value) => users + (value > 0 ? 1 : 0), 0);
  return Array.from(tops, (own, user) => {
    const ownBottom = bottoms[user] as number;
    if (ownBottom > 0 && others === 1) return undefined; // a difference of equal sums need not be exactly 0
    return finished(top - own, bottom - ownBottom, finish);
  });
}

/** The figure of two sums; undefined when there is nothing below the line. */
export function finished(top: number, bottom: number, finish: RatioStatistic['finish']): number | undefined {
  if (bottom === 0) return undefined;
  const ratio = top / bottom;
  switch (finish) {
    case 'plain':
      return ratio;
    case 'root':
      return Math.sqrt(Math.max(0, ratio));
    case 'exponential':
      return Math.exp(ratio);
  }
}

function sumsOfUsers(values: readonly number[], users: UserIndex): Float64Array {
  const sums = new Float64Array(users.count);
  values.forEach((value, row) => {
    const user = users.ofRow[row] as number;
    sums[user] = (sums[user] as number) + value;
  });
  return sums;
}
