import { z } from 'zod';
import { AskedRunFacts } from './asked-run.js';
import { Estimate } from './report-figures.js';
import { TASKS, type TaskName } from './template.js';

const count = z.number().int().nonnegative();
const Task = z.enum(Object.keys(TASKS) as [TaskName, ...TaskName[]]);

/** A text as a model wrote it. */
const Written = z.strictObject({
  text: z.string(),
  tokens: count,
  end: z.enum(['stop', 'length']), // the model ended it, or it was cut short
});

/** Texts that stock llama.cpp writes behind rows of test that are answered by free text, with the adapter of a run and with its base model alone. */
export const WrittenTexts = z.strictObject({
  ...AskedRunFacts.shape,
  seed: count, // draws the rows
  eligible: count, // rows of test that could be asked
  maxTokens: count, // of a text
  engine: z.string(), // release of llama.cpp
  frequent: z.partialRecord(Task, z.string()), // of each task the answer that most rows of train have, the first of equal ones
  answers: z.array(
    z.strictObject({
      row: count, // ascending
      task: Task,
      reference: z.string(), // the row's own answer
      adapter: Written,
      base: Written,
    }),
  ),
});
export type WrittenTexts = z.infer<typeof WrittenTexts>;

/** How near a written text is to the log's, 0 to 1. */
export const OVERLAP_METRICS = ['rouge1', 'rouge2', 'rougeL'] as const;
export const OverlapMetric = z.enum(OVERLAP_METRICS);
export type OverlapMetric = z.infer<typeof OverlapMetric>;

export const WRITERS = ['adapter', 'base', 'frequent'] as const;
export const Writer = z.enum(WRITERS);
export type Writer = z.infer<typeof Writer>;

/** Written texts of a run beside the texts of the log. */
export const WrittenReport = z.strictObject({
  eligible: count,
  rows: count,
  seed: count,
  maxTokens: count,
  engine: z.string(),
  tasks: z.array(
    z.strictObject({
      task: Task,
      rows: count,
      users: count,
      entries: z.array(
        z.strictObject({
          writer: Writer, // frequent: the same text for each row, the most frequent answer of train
          ended: z.number().nullable(), // share of texts that the model ended by itself; null: nothing was written
          metrics: z.record(OverlapMetric, Estimate),
        }),
      ),
      examples: z.array(z.strictObject({ row: count, reference: z.string(), adapter: z.string(), base: z.string() })),
    }),
  ),
});
export type WrittenReport = z.infer<typeof WrittenReport>;

/** In a report: with the file of the studio that it comes from. */
export const KeptWrittenReport = z.strictObject({ file: z.string(), sha256: z.string(), ...WrittenReport.shape });
export type KeptWrittenReport = z.infer<typeof KeptWrittenReport>;
