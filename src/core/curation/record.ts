import { z } from 'zod';
import { Split } from '../instruction.js';

const rows = z.strictObject({ train: z.number().int(), valid: z.number().int(), test: z.number().int() });

/** What one step did: stands in the manifest of the version that it made. */
export const StepRecord = z.strictObject({
  settings: z.looseObject({ kind: z.string(), splits: z.array(Split) }), // every default written out; files by their sha256
  removed: rows,
  changed: rows,
  example: z // the first row that it removed or changed
    .strictObject({ split: Split, row: z.number().int(), user: z.string(), item: z.string(), why: z.string() }) // row of the parent
    .nullable(),
  audit: z.record(z.string(), z.number().int()).optional(), // what was put under a pseudonym, by kind
});
export type StepRecord = z.infer<typeof StepRecord>;

/** How a version was made from another one. */
export const Curation = z.strictObject({
  parent: z.string().regex(/^[0-9a-f]{64}$/), // hash of the version; instructions keep the row that they had there
  steps: z.array(StepRecord).min(1),
  warnings: z.array(z.string()), // such as: rows of test were removed, so that figures are not those of the parent
});
export type Curation = z.infer<typeof Curation>;
