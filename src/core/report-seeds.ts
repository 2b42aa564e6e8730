import { z } from 'zod';
import { Estimate, Finding } from './report-figures.js';

/** One task's main figure on test, of every run that differs from the report's in its seed and its number of train rows alone. */
export const SeedFigures = z.strictObject({
  task: z.string(),
  metric: z.string(), // title
  baseline: z.string().nullable(), // title of the best trivial baseline, the verdict's; null: the task has none
  runs: z.array(
    z.strictObject({
      run: z.string(),
      seed: z.number().int().nonnegative(),
      rows: z.number().int().nonnegative(), // of train that it learned from
      set: z.string(), // predictions
      figure: Estimate,
      against: z.strictObject({ difference: Estimate, finding: Finding }).nullable(), // this minus the best trivial baseline, the same resampled users
    }),
  ), // by rows, then seed; the report's own among them
  spread: z.array(
    z.strictObject({
      rows: z.number().int().nonnegative(),
      runs: z.number().int().positive(),
      mean: z.number().nullable(), // null: a figure is not defined
      deviation: z.number().nullable(), // standard deviation over the runs (n - 1); null: fewer than two
    }),
  ),
  sentence: z.string().nullable(), // on the runs with as many rows as the report's; null: it is the only one
});
export type SeedFigures = z.infer<typeof SeedFigures>;
