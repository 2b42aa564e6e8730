import { z } from 'zod';

/** A figure and its interval. null: not defined (a class is absent, or one user only), which is not 0 and not 0.5. */
export const Estimate = z.strictObject({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  leftOut: z.number().int().nonnegative(), // resamples in which the figure is not defined
});
export type Estimate = z.infer<typeof Estimate>;

/** What a paired interval allows to say of the first model: it excludes 0 on the good side, on the bad side, or not at all. */
export const Finding = z.enum(['beats', 'worse', 'undecided', 'not-defined']);
export type Finding = z.infer<typeof Finding>;
