import { z } from 'zod';
import { count, share, step } from './settings.js';

/** Which titles a filter reads: that of the target, or those of the shown history too. */
const of = z.enum(['target', 'any']).default('any');

/** A GGUF file whose vocabulary counts; the model of the command line without it. */
const model = z.string().min(1).optional();

/** Filters made for recommendation: each takes rows out that it has a reason against. */
export const FILTERS = [
  // Users, by what the whole log says of them.
  step('busy-users', 'rows of users with more interactions in the log than a person has', {
    interactions: count.default(5000), // more than this
  }),
  step('regular-gaps', 'rows of users whose interactions come as regularly as a program makes them', {
    interactions: z.number().int().min(3).default(20), // users with fewer are not judged
    variation: z.number().nonnegative().default(0.1), // standard deviation of the gaps over their mean: at most this
  }),
  step('bursts', 'rows whose target was met in a burst of interactions of the same user', {
    interactions: z.number().int().min(2).default(30), // at least so many
    seconds: z.number().int().nonnegative().default(60), // from the first to the last of them
  }),
  step(
    'equal-timestamps',
    'rows of users whose interactions all have one timestamp, so that their order says nothing',
    {
      interactions: z.number().int().min(2).default(2), // users with fewer are not judged
    },
  ),
  step('constant-ratings', 'rows of users who gave every item the same rating', {
    interactions: z.number().int().min(2).default(10), // users with fewer are not judged
  }),
  step('one-label-users', 'rows of users all of whose rows in the split have the same label', {
    rows: z.number().int().min(1).default(2), // users with fewer rows are not judged
  }),
  step('few-rows-users', 'rows of users with too few rows in the split', { rows: count.default(3) }), // fewer than this
  step('cold-users', 'rows of users who have no row in train', {}),

  // Items.
  step(
    'dead-items',
    'rows whose target has too few interactions among the rows of train, in histories or as a target',
    {
      interactions: count.default(5), // fewer than this
    },
  ),
  step('popular-items', 'rows whose target is the target of a large share of the rows of train', {
    share: share.default(0.01), // more than this
  }),
  step('repeated-targets', 'rows whose target stands in their history already', {}),
  step('repeated-history', 'rows whose history shows an item more than once', {}),

  // Titles.
  step('missing-titles', 'rows that show an item without a title, or with a word that stands for none', {
    placeholders: z
      .array(z.string())
      .default(['unknown', 'untitled', 'no title', 'n/a', 'na', 'none', 'null', 'nan', '-', '?']),
    of,
  }),
  step('duplicate-titles', 'rows that show an item whose title another item of the log has too', { of }),
  step('long-titles', 'rows that show an item with an over-long title', { characters: count.default(200), of }), // more than this
  step('html-titles', 'rows that show an item whose title holds tags or entities of HTML', { of }),
  step('url-titles', 'rows that show an item whose title holds a web address', { of }),
  step('numeric-titles', 'rows that show an item whose title has no letter', { of }),
  step(
    'title-leaks',
    'rows whose target is named inside another text of the prompt, such as a review or a preference',
    {
      characters: count.default(4), // titles that are shorter are common words too often
    },
  ),

  // Texts.
  step(
    'long-prompts',
    'rows that do not fit so many tokens of a model with all of their history and any of their answers',
    {
      tokens: count.default(512), // the end token included, as --max-length counts; no more than the model allows
      model,
    },
  ),
  step(
    'short-prompts',
    'rows that have fewer tokens of a model than say anything, whichever of their answers they had',
    {
      tokens: z.number().int().min(2).default(16), // fewer than this, the answer and the end token included
      model,
    },
  ),
  step('many-characters', 'rows with a prompt of too many characters', { characters: count.default(8000) }), // more than this
  step('few-characters', 'rows with a prompt of too few characters to say anything', { characters: count.default(40) }), // fewer than this
  step('long-answers', 'rows whose answer is over-long', { characters: count.default(1000) }), // more than this
  step(
    'unprintable',
    'rows with control characters, invisible marks or replacement characters in prompt or answer',
    {},
  ),
  step('broken-encoding', 'rows with text that was read in the wrong encoding, such as "Ã©" for "é"', {}),
  step('repeated-text', 'rows with an inserted text that says the same run of words again', {
    words: z.number().int().min(2).default(8),
  }),
  step('scripts', 'rows whose inserted texts are mostly written in other scripts', {
    allowed: z.array(z.string().min(1)).min(1).default(['Latin']), // as Unicode names them: Latin, Cyrillic, Han, ...
    share: share.default(0.5), // of the letters, in other scripts: more than this
  }),
  step('languages', 'rows with an inserted text in another language, told by its function words', {
    allowed: z
      .array(z.enum(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv']))
      .min(1)
      .default(['en']),
    words: count.default(8), // texts with fewer words are not judged
  }),

  // Labels and history.
  step('contradictory-labels', 'rows of a user and an item that another row of the split labels otherwise', {}),
  step('split-twins', 'rows that also stand in a later split', {
    by: z.enum(['prompt', 'target']).default('prompt'), // the same text, or the same user and item
  }),
  step('short-history', 'rows that show too few items of a history', { items: count.default(1) }), // fewer than this
  step(
    'tied-targets',
    'rows whose target has the timestamp of the last item of the history, so that their order is a guess',
    {},
  ),
  step('stale-history', 'rows whose history ends long before the target', { days: z.number().positive().default(365) }), // more than this
  step('old-targets', 'rows whose target is older than a share of the rows of train', { share: share.default(0.1) }),
] as const;

export const FilterStep = z.discriminatedUnion('kind', FILTERS);
export type FilterStep = z.infer<typeof FilterStep>;
