import fc from 'fast-check';

export interface Row {
  score: number;
  label: boolean;
  user: string;
}

/** Few distinct scores, so that ties are common; few users, so that some have one label only. */
export const anyRows = (minLength = 0): fc.Arbitrary<Row[]> =>
  fc.array(
    fc.record({
      score: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -40, max: 40, noNaN: true })),
      label: fc.boolean(),
      user: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    }),
    { minLength, maxLength: 30 },
  );

/** The rows in another order. */
export const shuffledWith = (rows: fc.Arbitrary<Row[]>): fc.Arbitrary<[Row[], Row[]]> =>
  rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  );

export const scoresOf = (rows: readonly Row[]) => rows.map(({ score }) => score);
export const labelsOf = (rows: readonly Row[]) => rows.map(({ label }) => label);
export const usersOf = (rows: readonly Row[]) => rows.map(({ user }) => user);
