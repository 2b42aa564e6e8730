import type { UserIndex } from './user-index.js';

/**
 * Sum over parts of |sum of gaps| / sum of weights, sums over the rows of the taken users: how far a model is off in each of several parts of the rows,
 * as the expected calibration error is over its bins.
 */
export interface DistanceStatistic {
  readonly kind: 'distance';
  readonly parts: number;
  readonly gaps: Float64Array; // of user u in part k at u * parts + k
  readonly weights: Float64Array; // one a user, >= 0
}

/** What a row adds to one part. */
export interface Gap {
  readonly part: number;
  readonly gap: number;
}

/**
 * gapsOf  one list a row, in the order of the index's rows: what it adds to which parts
 * weight  of a row
 */
export function distanceOfRows(
  gapsOf: readonly (readonly Gap[])[],
  weight: (row: number) => number,
  parts: number,
  users: UserIndex,
): DistanceStatistic {
  const gaps = new Float64Array(users.count * parts);
  const weights = new Float64Array(users.count);
  gapsOf.forEach((own, row) => {
    const user = users.ofRow[row] as number;
    weights[user] = (weights[user] as number) + weight(row);
    for (const { part, gap } of own) {
      const place = user * parts + part;
      gaps[place] = (gaps[place] as number) + gap;
    }
  });
  return { kind: 'distance', parts, gaps, weights };
}

/** times  how often each user is taken */
export function distanceValue(statistic: DistanceStatistic, times: ArrayLike<number>): number | undefined {
  const { gaps, weight } = partSums(statistic, times);
  return weight === 0 ? undefined : distanceOf(gaps);
}

/** Of gaps over the weight of all. */
export function distanceOf(gaps: Float64Array): number {
  return gaps.reduce((sum, own) => sum + Math.abs(own), 0);
}

/** Gaps of the parts over the weight of all, 0 where there is none. */
export function partSums(
  { parts, gaps, weights }: DistanceStatistic,
  times: ArrayLike<number>,
): { gaps: Float64Array; weight: number } {
  const sums = new Float64Array(parts);
  let weight = 0;
  for (let user = 0; user < times.length; user++) {
    const taken = times[user] as number;
    if (taken === 0) continue;
    weight += taken * (weights[user] as number);
    for (let part = 0; part < parts; part++) {
      sums[part] = (sums[part] as number) + taken * (gaps[user * parts + part] as number);
    }
  }
  return { gaps: sums.map((sum) => (weight === 0 ? 0 : sum / weight)), weight };
}

/** The figure without each user in turn. */
export function distanceWithoutEach({ parts, gaps, weights }: DistanceStatistic): (number | undefined)[] {
  const sums = new Float64Array(parts);
  gaps.forEach((gap, place) => {
    sums[place % parts] = (sums[place % parts] as number) + gap;
  });
  const weight = weights.reduce((sum, own) => sum + own, 0);
  const holders = weights.reduce((users, own) => users + (own > 0 ? 1 : 0), 0);
  return Array.from(weights, (own, user) => {
    if (own > 0 && holders === 1) return undefined;
    if (weight === 0) return undefined;
    let distance = 0;
    for (let part = 0; part < parts; part++) {
      distance += Math.abs((sums[part] as number) - (gaps[user * parts + part] as number));
    }
    return distance / (weight - own);
  });
}
