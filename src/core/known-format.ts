import { z } from 'zod';
import { AttributeName } from './source-spec.js';
import { Subject } from './text-set.js';

const pattern = z.string().min(1).meta({ description: 'a regular expression' });

/**
 * A format in which many logs are published, so that they need no source.yaml (datasets/formats/, one file a format). Names of files may
 * hold {placeholders}, each the same text in all of them; id and title may print them.
 */
export const KnownFormat = z.strictObject({
  recognise: z.strictObject({
    // What the first line of a file that is not empty looks like. Without it the names of the files decide.
    firstLines: z
      .strictObject({ interactions: pattern.optional(), items: pattern.optional(), users: pattern.optional() })
      .default({}),
    optional: z.array(z.enum(['items', 'users', 'tags'])).default([]), // tables whose files may be missing
    placeholders: z.record(z.string(), pattern).default({}), // what they stand for; words joined by _ without it
    idFromFolder: pattern.optional(), // a folder with such a name gives the log its id
  }),
  source: z.record(z.string(), z.unknown()), // as source.yaml, parsed when its placeholders are filled
});
export type KnownFormat = z.infer<typeof KnownFormat>;

/** Texts of the items or users of a log that is imported already, recognised by the name of their file. */
export const KnownTexts = z.strictObject({
  texts: z.strictObject({
    file: z.string().min(1),
    of: Subject,
    as: AttributeName,
    source: z.string().min(1), // the id of the log
  }),
});
export type KnownTexts = z.infer<typeof KnownTexts>;
