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

/** Two-sided p values of a paired difference, by users. null: the test cannot be made for this metric on these rows. */
export const PairedTests = z.strictObject({
  bootstrap: p, // by the resampled users, as the interval
  holm: p, // the same, corrected for the number of models that are compared by this metric on this split
  permutation: p, // outputs exchanged user by user; not for pooled figures such as AUC
  wilcoxon: p, // signed ranks of the users' own differences; not for pooled figures
  delong: p, // of AUC, where each user has one row
});
export type PairedTests = z.infer<typeof PairedTests>;

/** What a paired interval allows to say of the first model: it excludes 0 on the good side, on the bad side, or not at all. */
export const Finding = z.enum(['beats', 'worse', 'undecided', 'not-defined']);
export type Finding = z.infer<typeof Finding>;
