import { z } from 'zod';
import { GenerateOptions } from './run-config.js';
import { Sampler } from './sampler.js';

/** Sequences of a context of llama.cpp, less that of the prompt. */
export const MOST_BEAMS = 255;

const count = z.coerce.number().int().positive();
const seed = z.coerce.number().int().nonnegative();

const drawn = {
  rows: count.default(100).describe('most rows of test, drawn by the seed'),
  seed: seed.default(1).describe('draws the rows'),
};

/** Titles that are written within a set: those of a row's candidates, or all of the log. */
export const RankSettings = z.strictObject({
  rows: drawn.rows,
  beams: count
    .max(MOST_BEAMS)
    .default(20)
    .describe('beginnings of titles followed at once; for candidates at least as many as a list has'),
  top: count
    .max(MOST_BEAMS)
    .optional()
    .describe('titles kept of a row; without it as many as beams; for candidates all of them'),
  seed: drawn.seed,
});
export type RankSettings = z.infer<typeof RankSettings>;

/** Candidates of lists, judged one by one. */
export const JudgeSettings = z.strictObject({
  ...drawn,
  negatives: count
    .optional()
    .describe(
      "by judgement: items drawn beside each liked target; without it the version's own lists, or 9 where it has none",
    ),
  sampler: Sampler.default('uniform').describe('by judgement: how these are drawn'),
  template: z
    .string()
    .min(1)
    .meta({
      value: 'ID',
      description: 'by judgement: the template that asks, of the version; without it its first that can',
    })
    .optional(),
});
export type JudgeSettings = z.infer<typeof JudgeSettings>;

/** Texts that are written behind rows that free text answers. */
export const WriteSettings = z.strictObject({
  rows: count.default(50).describe('most rows of test, drawn by the seed'),
  maxTokens: GenerateOptions.shape.maxTokens.unwrap().default(64).describe('longest text in tokens'),
  seed: drawn.seed,
});
export type WriteSettings = z.infer<typeof WriteSettings>;

/** Ways to rank lists beside the choices that every test row is scored by. */
export const RANKING_KINDS = ['candidates', 'catalogue', 'judgement'] as const;
export const RankingKind = z.enum(RANKING_KINDS);
export type RankingKind = z.infer<typeof RankingKind>;

/** What `rectune run` asks of a trained adapter beyond its predictions of test, before the report. */
export const Evaluation = z.strictObject({
  rank: z
    .strictObject({
      candidates: RankSettings.optional(), // written titles, of a row's candidates
      catalogue: RankSettings.optional(), // written titles, of all items of the log
      judgement: JudgeSettings.optional(),
    })
    .default({}),
  write: WriteSettings.optional(),
});
export type Evaluation = z.infer<typeof Evaluation>;
