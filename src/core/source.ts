import { z } from 'zod';
import { LabelRule } from './label-rule.js';

const count = z.number().int().nonnegative();

/** One file of an imported log. */
export const SourceFile = z.strictObject({
  name: z.string(), // relative to the log's folder
  role: z.enum(['interactions', 'items', 'users', 'tags', 'tagNames']),
  sha256: z.string(),
  bytes: count, // as it lies on the disk, packed or not
  rows: count, // rows that were read and kept
  rejects: count, // rows that were not
  merged: count.default(0), // rows that were read and went into another of the same user and item
  emptyLines: count, // lines with nothing on them, objects without rows: ignored
  before: count.default(0), // of several files of interactions: what logIndex is more than the line
});
export type SourceFile = z.infer<typeof SourceFile>;

/** An imported log: what `rectune import` knows of it. Its rows are interactions, items, users and rejects. */
export const Source = z.strictObject({
  id: z.string().min(1), // e.g. "ml-100k"; a second import of the same id replaces the first
  title: z.string(),
  terms: z.string(), // what the log's owner allows
  homepage: z.string().nullable(),
  hash: z.string().regex(/^[0-9a-f]{64}$/), // over the hashes of the files and over how source.yaml reads them
  importedAt: z.string(), // ISO 8601, UTC
  path: z.string(), // folder of the log when it was imported
  files: z.array(SourceFile),
  counts: z.strictObject({ interactions: count, items: count, users: count, rejects: count }),
  label: LabelRule.optional(), // as source.yaml declares it, for recipes that say none
  warnings: z.array(z.string()), // for people: another sha256 than source.yaml expects, users without a row, ...
});
export type Source = z.infer<typeof Source>;
