import { z } from 'zod';
import { Split } from '../instruction.js';

/** Whole numbers from 1. */
export const count = z.number().int().positive();
export const share = z.number().min(0).max(1);
export const seed = z.number().int().nonnegative().default(1);

/** Which rows a step looks at. Rows that a test loses change what is measured, so train alone is the default. */
const splits = z
  .array(Split)
  .min(1)
  .refine((named) => new Set(named).size === named.length, 'a split is named twice')
  .default(['train']);

/** The settings of one kind of step, every default in them; the sentence says which rows go or change. */
export function step<Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, says: string, shape: Shape) {
  return z.strictObject({ kind: z.literal(kind), ...shape, splits }).describe(says);
}
