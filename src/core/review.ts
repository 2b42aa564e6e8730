import { z } from 'zod';
import { Split } from './instruction.js';

/** What a person says of a row. `open` asks for a verdict; `skip` gives none. */
export const Verdict = z.enum(['keep', 'drop', 'skip', 'open']);
export type Verdict = z.infer<typeof Verdict>;

/** One line of a review file. Of a row with several lines the last one counts. */
export const ReviewLine = z.strictObject({
  row: z.number().int().nonnegative(),
  split: Split,
  verdict: Verdict,
  note: z.string().default(''),
});
export type ReviewLine = z.infer<typeof ReviewLine>;
