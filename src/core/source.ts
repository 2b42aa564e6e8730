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
  unreadable: count.default(0), // of the rejects those that could not be read, unlike rows of items that are missing or there twice
  emptyLines: count, // lines with nothing on them or above the header, objects without rows: ignored
  before: count.default(0), // of several files of interactions: what logIndex is more than the line
});
export type SourceFile = z.infer<typeof SourceFile>;

/** Something that is wrong with a log's items, and what it is like. */
export const Check = z.strictObject({ count, examples: z.array(z.string()) });
export type Check = z.infer<typeof Check>;

export const SideChecks = z.strictObject({
  missingTitles: Check,
  duplicateTitles: Check, // of two items with one title the second
  overLongTitles: Check,
  htmlTitles: Check, // pieces of web pages
  danglingItems: Check, // that interactions name, and that have no row
});
export type SideChecks = z.infer<typeof SideChecks>;

/** What the texts of a field hold of people. */
export const PersonalCount = z.strictObject({
  field: z.string(), // "interactions.review"
  texts: count, // that hold any
  mails: count,
  phones: count,
  addresses: count,
});
export type PersonalCount = z.infer<typeof PersonalCount>;

/** How many rows that cannot be read are let pass: so many, a share of a table's rows, or any number. */
export const MaxRejects = z
  .string()
  .regex(/^(\d+(\.\d+)?\s?%|\d+|all)$/, 'write a number of rows, a share such as 1%, or all');

/** What an import allows that is told nothing else. */
export const MAX_REJECTS = '10%';

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
  checks: SideChecks.optional(), // without items of their own, and of imports of before: none
  personal: z.array(PersonalCount).optional(), // fields that hold mails, phone numbers or addresses
  pseudonyms: z.strictObject({ algorithm: z.literal('HMAC-SHA256'), keyFingerprint: z.string() }).optional(),
  maxRejects: z.string().optional(), // what the import allowed
  label: LabelRule.optional(), // as source.yaml declares it, for recipes that say none
  warnings: z.array(z.string()), // for people: another sha256 than source.yaml expects, users without a row, ...
});
export type Source = z.infer<typeof Source>;
