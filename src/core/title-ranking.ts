import { z } from 'zod';
import { AskedRunFacts } from './asked-run.js';

const count = z.number().int().nonnegative();

/** What titles are written from: those of a row's candidates, or all of the log. */
export const RANKED_SETS = ['candidates', 'catalogue'] as const;
export const RankedSet = z.enum(RANKED_SETS);
export type RankedSet = z.infer<typeof RankedSet>;

/** The titles that a model would write behind a row, by beam search within a set; nothing else can be written. */
export const RankedTitles = z.strictObject({
  row: count,
  best: z.array(
    z.strictObject({
      titles: z.array(count).min(1), // places in the set; more than one when the model cannot tell them apart
      logProbability: z.number(), // nats, of all its tokens over the whole vocabulary, end-of-text included
    }),
  ), // falling
  certain: count, // the first so many of them are the most probable of the whole set, whatever the beams left out
  droppedHistory: count, // oldest history items that did not fit
  tokens: count, // of the prompt
  seconds: z.number().nonnegative(), // from the prompt's text to its titles
});
export type RankedTitles = z.infer<typeof RankedTitles>;

const Answered = RankedTitles.omit({ row: true, droppedHistory: true, tokens: true });

/** Titles as stock llama.cpp writes them for rows of test, with the adapter of a run and with its base model alone. */
export const RankingResult = z.strictObject({
  ...AskedRunFacts.shape,
  set: RankedSet,
  titles: z.array(z.strictObject({ title: z.string(), items: z.array(z.string()).min(1) })).nullable(), // of the catalogue, each once; null: a row's choices, in its order
  beams: count,
  top: count, // titles told of a row, at most
  seed: count, // draws the rows
  eligible: count, // rows of test that could be asked
  engine: z.string(), // release of llama.cpp
  threads: count,
  answers: z.array(
    z.strictObject({
      row: count, // ascending
      target: count, // place of its title in the set
      adapter: Answered,
      base: Answered,
    }),
  ),
});
export type RankingResult = z.infer<typeof RankingResult>;
