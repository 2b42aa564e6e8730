import { z } from 'zod';

/** What every file of answers says of itself: rows of which version were put to the models of which run. */
export const AskedRunFacts = z.strictObject({
  format: z.literal(1),
  versionHash: z.string(),
  runId: z.string(),
  modelHash: z.string(),
  adapterHash: z.string(),
});
export type AskedRunFacts = z.infer<typeof AskedRunFacts>;
