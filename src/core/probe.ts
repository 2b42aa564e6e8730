import { z } from 'zod';
import { AskedRunFacts } from './asked-run.js';

/**
 * Questions beyond the test rows as they are, on a seeded subsample of them. What they come to stands in the trust panel of a report.
 *
 * order       candidates in other orders
 * wording     the same example in other words
 * history     no history, its items in another order, likes and dislikes exchanged
 * titles      every title exchanged for that of another item: what is left does not come from titles (other words about an item, such as its author, stay)
 * completion  beginnings of titles, to be completed by the base model: has it read the catalogue?
 * serving     the same rows answered one at a time by stock llama.cpp with the adapter, as a server would
 */
export const PROBES = ['order', 'wording', 'history', 'titles', 'completion', 'serving'] as const;
export const ProbeName = z.enum(PROBES);
export type ProbeName = z.infer<typeof ProbeName>;

/** Draws the subsample and the forms, unless another seed is given. */
export const PROBE_SEED = 1;

/** Probes that show rows of test in another form. */
export const VARIANT_PROBES = ['order', 'wording', 'history', 'titles'] as const;

const count = z.number().int().nonnegative();

/**
 * Scores of a row's answers, in the order of the row as the version holds it: of a judgement its log-odds alone, else the log-likelihood of each choice. Of a
 * pair of candidates that stand in their own order the log-odds of the first may stand alone.
 */
const scores = z.array(z.number()).min(1);

/** A form in which rows are shown. */
export const ProbeVariant = z.strictObject({
  name: z.string(), // a template's id; removed, shuffled, swapped; order-1, ...
  seen: z.boolean().nullable(), // wordings: whether train held it; null: it is no wording
});
export type ProbeVariant = z.infer<typeof ProbeVariant>;

/** What a form looks like: the text of one row in it, as the models read it. */
export const FormExample = z.strictObject({
  row: count, // of test
  variant: count, // place in the probe's variants
  template: z.string(), // id of the template that made the text
  templateHash: z.string(), // SHA-256 of its text
  prompt: z.string(),
  answers: z.array(z.string()).nullable(), // that were scored behind it; null: the row's own free text
});
export type FormExample = z.infer<typeof FormExample>;

/** A row of test in one form, and what both models say of it. */
export const VariantAnswer = z.strictObject({
  row: count, // of test
  variant: count, // place in the probe's variants
  places: z.array(count).nullable(), // by candidate of the row as it is: where it stood in the list; null: no list, or as it is
  adapter: scores,
  base: scores,
});
export type VariantAnswer = z.infer<typeof VariantAnswer>;

/** A title whose ending is to be told from those of other titles. */
export const CompletedTitle = z.strictObject({
  itemId: z.string(),
  given: z.string(),
  endings: z.array(z.string()).min(2), // the true one first; the others are endings of other titles of the log
  sums: scores, // log-likelihood of each ending under the base model, all its tokens
  tokens: z.array(z.number().int().positive()), // how many these are
});
export type CompletedTitle = z.infer<typeof CompletedTitle>;

/** A row of test as stock llama.cpp answers it. */
export const ServedAnswer = z.strictObject({
  row: count,
  scores, // with the adapter
  tokens: count, // of the prompt
  seconds: z.number().nonnegative(), // from the prompt's text to its answer's scores
});
export type ServedAnswer = z.infer<typeof ServedAnswer>;

const asked = {
  ...AskedRunFacts.shape,
  seed: count, // draws the subsample and the forms
  eligible: count, // rows of test (titles of the log) that the probe could ask
  budget: z.string(), // what decided how many are asked, in words
  reason: z.string().nullable(), // why nothing is asked; null: something is
};

/** What one probe of a run asked and was told. Everything that is reported of it is computed from this. */
export const ProbeResult = z.discriminatedUnion('probe', [
  z.strictObject({
    probe: z.enum(VARIANT_PROBES),
    ...asked,
    rows: z.array(count), // the subsample, in order
    variants: z.array(ProbeVariant),
    stable: z.boolean().nullable(), // order: whether the last permutation changed the mean answer by less than the tolerance; null: another probe
    examples: z.array(FormExample).optional(), // of each task one of each variant, of as few rows as may be; none: asked by a release that kept no texts
    answers: z.array(VariantAnswer), // by row, then variant; a row that has no such form is left out of it. What is said of the rows as they are, the predictions hold
  }),
  z.strictObject({ probe: z.literal('completion'), ...asked, titles: z.array(CompletedTitle) }),
  z.strictObject({
    probe: z.literal('serving'),
    ...asked,
    engine: z.string(), // release of llama.cpp
    threads: count,
    answers: z.array(ServedAnswer),
  }),
]);
export type ProbeResult = z.infer<typeof ProbeResult>;
