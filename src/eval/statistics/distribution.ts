/** A figure, what it would have been with other users of the same kind, and without each user in turn. NaN in an array: not defined there. */
export interface Distribution {
  readonly value: number | undefined; // every user once
  readonly resampled: Float64Array; // one a resample; empty when there are fewer than two users
  readonly withoutEach: Float64Array; // one a user
}

/**
 * First minus second, resample by resample: both saw the same users, so what the two share cancels out.
 * Both distributions must come from one call of resampleUsers.
 *
 * throws RangeError when the numbers of resamples or users differ
 */
export function difference(first: Distribution, second: Distribution): Distribution {
  for (const part of ['resampled', 'withoutEach'] as const) {
    if (first[part].length !== second[part].length) {
      throw new RangeError(`${first[part].length} figures cannot be paired with ${second[part].length} (${part})`);
    }
  }
  const { value } = second;
  return {
    value: first.value === undefined || value === undefined ? undefined : first.value - value,
    resampled: first.resampled.map((one, resample) => one - (second.resampled[resample] as number)),
    withoutEach: first.withoutEach.map((one, user) => one - (second.withoutEach[user] as number)),
  };
}

/** Mean of several figures, resample by resample; not defined where one of them is not. All must come from one call of resampleUsers; at least one. */
export function meanOfFigures(all: readonly Distribution[]): Distribution {
  const [first] = all;
  if (!first) throw new RangeError('a mean of no figures');
  const mean = (numbers: readonly (number | undefined)[]) =>
    numbers.reduce<number>((sum, one) => sum + (one ?? Number.NaN), 0) / numbers.length;
  const value = mean(all.map((one) => one.value));
  return {
    value: Number.isNaN(value) ? undefined : value,
    resampled: first.resampled.map((_, resample) => mean(all.map((one) => one.resampled[resample]))),
    withoutEach: first.withoutEach.map((_, user) => mean(all.map((one) => one.withoutEach[user]))),
  };
}

/**
 * Users whose absence changes the figure: of UAUC those with both labels. All of them where no two do, as for the difference of a model and itself.
 */
export function usersThatCount({ value, withoutEach }: Pick<Distribution, 'value' | 'withoutEach'>): number {
  const counting = withoutEach.filter((one) => one !== value).length;
  return counting < 2 ? withoutEach.length : counting;
}

/** The resamples in which the figure is defined, rising. */
export function definedResamples({ resampled }: Pick<Distribution, 'resampled'>): Float64Array {
  return resampled.filter((one) => !Number.isNaN(one)).sort();
}

/** Share of the resamples above 0, among those where the figure is defined; undefined when there is none. */
export function shareAboveZero(distribution: Distribution): number | undefined {
  const defined = definedResamples(distribution);
  return defined.length === 0 ? undefined : defined.filter((one) => one > 0).length / defined.length;
}
