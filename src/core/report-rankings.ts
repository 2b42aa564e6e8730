import { z } from 'zod';
import { Estimate } from './report-figures.js';
import { Scoring, TaskMetricId } from './task-report.js';
import { RankedSet } from './title-ranking.js';

const count = z.number().int().nonnegative();

/** How a list was ordered: by titles that a model wrote within the set, or by a number of each title. */
export const RankedBy = z.enum(['written', ...Scoring.options]);
export type RankedBy = z.infer<typeof RankedBy>;

const RankedModel = z.enum(['adapter', 'base', 'popularity']);
export type RankedModel = z.infer<typeof RankedModel>;

/** A ranking by written titles, beside others of the same rows. */
export const RankingReport = z.strictObject({
  set: RankedSet,
  list: z.string(), // "1+9", or "all 1,682" items of the log
  eligible: count, // rows of test that could be asked
  rows: count, // drawn of them by the seed
  users: count,
  seed: count,
  beams: count,
  top: count, // titles of a row that are known; a target behind them counts as found nowhere
  sharedItems: count, // items whose title another item has, too: a model cannot tell them apart, so they share a place
  engine: z.string(), // release of llama.cpp
  metrics: z.array(TaskMetricId),
  entries: z.array(
    z.strictObject({
      model: RankedModel,
      by: RankedBy.nullable(), // null: a baseline's own score
      metrics: z.partialRecord(TaskMetricId, Estimate),
    }),
  ),
  search: z.array(
    z.strictObject({
      model: RankedModel,
      certain: z.number(), // share of rows whose told titles are the best of the set, whatever the beams left out
      seconds: z.strictObject({ median: z.number(), p99: z.number() }), // of a row, from its text to its titles
    }),
  ),
});
export type RankingReport = z.infer<typeof RankingReport>;

/** In a report: with the file of the studio that it comes from. */
export const KeptRankingReport = z.strictObject({ file: z.string(), sha256: z.string(), ...RankingReport.shape });
export type KeptRankingReport = z.infer<typeof KeptRankingReport>;
