import { z } from 'zod';
import { Balance } from '../recipe.js';
import { FILTERS } from './filters.js';
import { count, seed, share, step } from './settings.js';

/** What is looked for in texts, and put under a pseudonym. */
export const PERSONAL = ['url', 'mail', 'ip', 'card', 'phone'] as const;
export type Personal = (typeof PERSONAL)[number];

/** Steps that are no filters. */
export const OTHER_STEPS = [
  step('exact-duplicates', 'rows that mean the same as an earlier one of the split: user, history, target, template', {
    answer: z.boolean().default(true), // and the same answer; without it the first row wins over those that contradict it
  }),
  step(
    'near-duplicates',
    'rows whose inserted texts are nearly those of an earlier row of the split (MinHash, then the exact Jaccard)',
    {
      threshold: z.number().min(0.1).max(1).default(0.9), // Jaccard of the sets of shingles: at least this
      shingles: z.enum(['words', 'characters']).default('words'),
      size: count.default(3), // words or characters of a shingle
      hashes: z.number().int().min(16).max(1024).default(128),
      answer: z.boolean().default(true), // and the same answer
      seed,
    },
  ),
  step('balance', 'rows beyond so many of a user, item, label or family, drawn by a seed', Balance.shape),
  step('sample', 'all rows but a drawn part, of each stratum alike', {
    fraction: z.number().gt(0).max(1).optional(), // one of fraction and count
    count: count.optional(),
    by: z.enum(['nothing', 'user', 'item', 'label', 'family']).default('nothing'),
    seed,
  }),
  step('label-noise', 'rows whose label a model contradicts, by predictions in the store (confident learning)', {
    share: share.optional(), // of the rows with a prediction, the most contradicted first; without it those that confident learning finds
    predictions: z.string().min(6).optional(), // beginning of the id of a set; the newest of the split without it
  }),
  step('scrub', 'no row: mails, phone numbers, IP addresses, card numbers and web addresses become pseudonyms', {
    kinds: z
      .array(z.enum(PERSONAL))
      .min(1)
      .default([...PERSONAL]),
    answers: z.boolean().default(true), // free answers too; one of several choices stays as it is
    keyFile: z.string().min(1).optional(), // its bytes key the pseudonyms; without it anyone can guess a value and compare
  }),
  step(
    'shuffle-labels',
    'no row: judgements exchange their labels by a seed, so that there is nothing to learn (a control)',
    { seed },
  ),
  step('review', 'rows that a review file says to drop', {
    file: z.string().min(1).optional(), // without it the file that rectune review writes for the version
    only: z.boolean().default(false), // drop what is not marked keep, too
  }),
] as const;

export const STEPS = [...FILTERS, ...OTHER_STEPS] as const;

/** One step of a curation. */
export const CurationStep = z.discriminatedUnion('kind', STEPS);
export type CurationStep = z.infer<typeof CurationStep>;
export type StepKind = CurationStep['kind'];
export type StepOf<Kind extends StepKind> = Extract<CurationStep, { kind: Kind }>;

/** A step as people write it: its kind alone, `kind: {settings}`, or all keys side by side. */
export function spelledOut(written: unknown): unknown {
  if (typeof written === 'string') return { kind: written };
  if (typeof written !== 'object' || written === null || Array.isArray(written) || 'kind' in written) return written;
  const [[kind, settings] = [], ...more] = Object.entries(written);
  if (kind === undefined || more.length > 0) return written;
  return { ...(settings as object | null), kind };
}
