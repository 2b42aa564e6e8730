import { z } from 'zod';
import { CandidateRule } from './recipe.js';
import { Estimate } from './report-figures.js';
import { Scoring, TaskMetricId } from './task-report.js';
import { RankedSet } from './title-ranking.js';

const count = z.number().int().nonnegative();

/** How a list was ordered: by titles that a model wrote within the set, by the log-odds of a judgement about each candidate, or by a number of each title. */
export const RankedBy = z.enum(['written', 'judgement', ...Scoring.options]);
export type RankedBy = z.infer<typeof RankedBy>;

export const RankedModel = z.enum(['adapter', 'base', 'popularity']);
export type RankedModel = z.infer<typeof RankedModel>;

/** What a search for titles was like. */
const Written = z.strictObject({
  beams: count,
  top: count, // titles of a row that are known; a target behind them counts as found nowhere
  sharedItems: count, // items whose title another item has, too: a model cannot tell them apart, so they share a place
  engine: z.string(), // release of llama.cpp
  search: z.array(
    z.strictObject({
      model: RankedModel,
      certain: z.number(), // share of rows whose told titles are the best of the set, whatever the beams left out
      seconds: z.strictObject({ median: z.number(), p99: z.number() }), // of a row, from its text to its titles
    }),
  ),
});

/** How candidates were judged one by one. */
const Judged = z.strictObject({
  template: z.string(), // its id
  labels: z.tuple([z.string(), z.string()]),
  drawn: CandidateRule.nullable(), // null: the lists are those of the version's rows
});

const Entry = z.strictObject({
  model: RankedModel,
  by: RankedBy.nullable(), // null: a baseline's own score
  metrics: z.partialRecord(TaskMetricId, Estimate),
});

/** A ranking that was asked for beside the evaluation, and others of the same rows. One of `written` and `judged` is there. */
export const RankingReport = z.strictObject({
  set: RankedSet,
  list: z.string(), // "1+9", or "all 1,682" items of the log
  eligible: count, // rows of test that could be asked
  rows: count, // drawn of them by the seed
  users: count,
  seed: count,
  written: Written.nullable(),
  judged: Judged.nullable(),
  metrics: z.array(TaskMetricId),
  entries: z.array(Entry),
  unmet: z // of a catalogue: the same rankings without the items that the user met before the target, which is how the field ranks; null: of candidates, or the log is another one
    .strictObject({
      list: z.string(), // "all 1,682 but met"
      entries: z.array(Entry),
      short: z.array(z.strictObject({ model: RankedModel, share: z.number() })), // share of rows of which fewer told titles are left than the largest cutoff, and the target is not among them: it counts as standing anywhere behind
    })
    .nullable(),
});
export type RankingReport = z.infer<typeof RankingReport>;

/** In a report: with the file of the studio that it comes from. */
export const KeptRankingReport = z.strictObject({ file: z.string(), sha256: z.string(), ...RankingReport.shape });
export type KeptRankingReport = z.infer<typeof KeptRankingReport>;
