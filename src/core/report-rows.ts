import { z } from 'zod';
import { Split } from './instruction.js';
import { ProbeName } from './probe.js';
import { SliceKind, TASK_KINDS } from './task-report.js';

const count = z.number().int().nonnegative();

/** How rows are judged: liked or not, or one of the other kinds. */
export const RowKind = z.enum(['judgement', ...TASK_KINDS]);
export type RowKind = z.infer<typeof RowKind>;

/** A row behind the figures of a report: what came true, and what each model said. One line of rows.jsonl. */
export const SeenRow = z.strictObject({
  row: z.string(), // "86dd3d4686eb/test/17": what `rectune show` takes
  task: z.string(),
  kind: RowKind,
  split: Split,
  user: z.string(),
  item: z.string(),
  came: z.union([z.boolean(), z.number(), z.null()]), // liked; the given rating; null: a list's target is the item, a text is its own answer
  parts: z.partialRecord(SliceKind, z.string()), // of the test rows that it is in
  said: z.record(z.string(), z.number()), // by model: log-odds of liked, of ID models a score on a scale of their own; the target's rank (a half where it ties); the rating; nats a token
  probed: z.record(z.string(), z.strictObject({ adapter: z.number(), base: z.number().nullable() })).optional(), // by probe and form ("history: removed"), in the unit of said; none: no probe asked the row
  runs: z.record(z.string(), z.number()).optional(), // by other run of the seeds: what its adapter said, in the unit of said; none: no such run, or a row of valid
  seeds: z.record(z.string(), z.array(z.number())).optional(), // by ID model that was fitted under several: what it said under each, the first (that of said) first; of test
  loss: z.number(), // how far the adapter is off: nats; the target's rank; distance of the ratings; nats a token
});
export type SeenRow = z.infer<typeof SeenRow>;

/**
 * The rows that figures are of: how many, and those of which the adapter is furthest off; of a probe those on which it changes most, of another run those of
 * which its own adapter is furthest off, of the seeds of an ID model those on which they are furthest apart.
 */
export const RowGroup = z.strictObject({
  task: z.string(),
  kind: RowKind,
  split: Split,
  part: z.strictObject({ by: SliceKind, name: z.string() }).nullable(), // null: all rows of the task
  probe: ProbeName.nullable(), // that asked the rows in other forms; null: the rows as they are
  run: z.string().nullable(), // of the seeds, whose adapter the figures are of; null: the report's own
  seedsOf: z.string().nullable(), // ID model whose seeds the figures are of; null: its first, or another model
  rows: count,
  users: count,
  worst: z.array(
    SeenRow.pick({ row: true, user: true, item: true, came: true, said: true, loss: true, probed: true, seeds: true }),
  ),
});
export type RowGroup = z.infer<typeof RowGroup>;
