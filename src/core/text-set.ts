import { z } from 'zod';
import { AttributeName } from './source-spec.js';

const count = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Whom a text is about. */
export const Subject = z.enum(['item', 'user']);
export type Subject = z.infer<typeof Subject>;

/** Which texts: a source, whom they are about, and the name they were given. Another import of the same three replaces them. */
export const TextSetKey = z.strictObject({
  sourceId: z.string().min(1),
  of: Subject,
  name: AttributeName, // a template can write it
});
export type TextSetKey = z.infer<typeof TextSetKey>;

/** Texts that were written elsewhere, beside an imported log: what `rectune texts` knows of them. */
export const TextSet = TextSetKey.extend({
  hash, // of the ids and texts that were taken, in whatever file and order they came
  file: z.string(), // path as it was named
  fileSha256: hash,
  sourceHash: hash, // of the source whose ids they were compared with
  importedAt: z.string(), // ISO 8601, UTC
  counts: z.strictObject({
    taken: count,
    empty: count, // rows without a text
    unknown: count, // rows whose id the source does not have
    rejects: count, // all rows that were not taken, those two included
    without: count, // items or users of the source that have no text now
  }),
});
export type TextSet = z.infer<typeof TextSet>;

/** A row that was not taken. */
export const TextReject = z.strictObject({
  place: z.string(), // "line 7"; in a JSON object `id "7"`
  reason: z.string(),
  text: z.string(), // the row, at most 500 characters
});
export type TextReject = z.infer<typeof TextReject>;
