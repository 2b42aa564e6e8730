import { z } from 'zod';

/** A figure and its interval. null: not defined (a class is absent, or one user only), which is not 0 and not 0.5. */
export const Estimate = z.strictObject({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  leftOut: z.number().int().nonnegative(), // resamples in which the figure is not defined
});
export type Estimate = z.infer<typeof Estimate>;

const p = z.number().min(0).max(1).nullable();

const tests = {
  bootstrap: p, // by the resampled users, as the interval
  permutation: p, // outputs exchanged user by user; not for pooled figures such as AUC
  wilcoxon: p, // signed ranks of the users' own differences; not for pooled figures
  delong: p, // of AUC, where each user has one row
};
export const PAIRED_TESTS = Object.keys(tests) as (keyof typeof tests)[];

/** Two-sided p values of a paired difference, by users. null: the test cannot be made for this metric on these rows. */
export const PairedTests = z.strictObject({
  ...tests,
  holm: z.strictObject(tests), // each corrected for the models that it compares by this metric on this split: a family a test
});
export type PairedTests = z.infer<typeof PairedTests>;

/** What a paired interval allows to say of the first model: it excludes 0 on the good side, on the bad side, or not at all. */
export const Finding = z.enum(['beats', 'worse', 'undecided', 'not-defined']);
export type Finding = z.infer<typeof Finding>;
