import { z } from 'zod';

/** One event of the log: a user met an item. The unit every later stage is built from. */
export const Interaction = z.strictObject({
  userId: z.string().min(1),
  itemId: z.string().min(1),
  rating: z.number().nullable(), // null: implicit feedback (a click, a play)
  timestamp: z.number().int().nonnegative().nullable(), // seconds since 1970, UTC; null: the log has no time
  logIndex: z.number().int().nonnegative(), // line in the log, from 1, or item in a file of sequences; breaks timestamp ties
  attributes: z.record(z.string(), z.string()), // what this event has of its own: a review, a count of plays, ...
});
export type Interaction = z.infer<typeof Interaction>;

/** What the log's item file says of an item. */
export const Item = z.strictObject({
  itemId: z.string().min(1),
  title: z.string(),
  attributes: z.record(z.string(), z.string()), // other columns that source.yaml names: author, genre, year, ...
});
export type Item = z.infer<typeof Item>;

/** What the log's user file says of a user. */
export const User = z.strictObject({
  userId: z.string().min(1),
  attributes: z.record(z.string(), z.string()),
});
export type User = z.infer<typeof User>;

/** How many rows of a file could not be used for one reason. */
export interface RejectedRows {
  readonly file: string;
  readonly reason: string;
  readonly rows: number;
}

/** A row that could not be read. It is kept, counted and shown; it never ends an import. */
export const Reject = z.strictObject({
  file: z.string(),
  line: z.number().int().positive(),
  offset: z.number().int().nonnegative().nullable(), // bytes of the file before the row, of an unpacked one; null: of a file of Parquet, which has none, or of an import of before
  reason: z.string(),
  text: z.string(), // the row as it stands in the file, at most 500 characters
});
export type Reject = z.infer<typeof Reject>;
