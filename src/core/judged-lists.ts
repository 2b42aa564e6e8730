import { z } from 'zod';
import { AskedRunFacts } from './asked-run.js';
import { CandidateRule } from './recipe.js';
import { RankingResult } from './title-ranking.js';

const count = z.number().int().nonnegative();

/**
 * Candidates judged one by one: a judgement prompt for each candidate of a list, which is then ordered by the log-odds of "liked". With the adapter of a run and
 * with its base model alone.
 */
export const JudgedLists = z.strictObject({
  ...AskedRunFacts.shape,
  by: z.literal('judgement'),
  template: z.strictObject({ id: z.string(), hash: z.string() }), // that asks about one candidate
  labels: z.tuple([z.string(), z.string()]), // answers whose log-odds order a list: liked first
  drawn: CandidateRule.nullable(), // how lists were drawn for judgements that were liked; null: they are those of the version's own rows
  seed: count, // draws the rows
  eligible: count, // rows of test that could be asked
  answers: z.array(
    z.strictObject({
      row: count, // ascending
      candidates: z.array(z.string()).min(2), // item ids, the target among them
      adapter: z.array(z.number()), // log-odds, a candidate each
      base: z.array(z.number()),
    }),
  ),
});
export type JudgedLists = z.infer<typeof JudgedLists>;

/** What `rectune rank` keeps: titles that were written, or candidates that were judged. */
export const KeptRankingResult = z.union([JudgedLists, RankingResult]);
export type KeptRankingResult = z.infer<typeof KeptRankingResult>;
