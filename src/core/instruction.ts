import { z } from 'zod';

export const SPLITS = ['train', 'valid', 'test'] as const;
export const Split = z.enum(SPLITS);
export type Split = z.infer<typeof Split>;

/** Half-open range [begin, end) of UTF-8 bytes inside a prompt. */
export const ByteRange = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);
export type ByteRange = z.infer<typeof ByteRange>;

/** An example as text: what the model reads and what it must answer, with the log lines it came from. */
export const Instruction = z.strictObject({
  row: z.number().int().nonnegative(), // position inside its split, from 0
  split: Split,
  userId: z.string(),
  itemId: z.string(), // the target item
  label: z.boolean().nullable(), // true: liked; null: the task has no yes/no label
  templateId: z.string(),
  templateVersion: z.number().int().positive(),
  instruction: z.string(), // the rendered parts before the wrapper joins them, as published data sets store them
  input: z.string(),
  answer: z.string(), // what the model must write, without end-of-text
  prompt: z.string(), // wrapper around instruction and input: the text the model reads
  values: z.array(ByteRange), // where inserted values (titles, ...) stand in the prompt: no special token is parsed there
  history: z.array(ByteRange), // one history item each with its separator, oldest first: what may be dropped when too long
  historyLabels: z.array(z.boolean().nullable()), // liked or not, oldest first, as shown
  target: z.number().int().nonnegative(), // logIndex of the target interaction
  historyInteractions: z.array(z.number().int().nonnegative()), // logIndex of each history interaction, oldest first
});
export type Instruction = z.infer<typeof Instruction>;

/** One line of versions/<hash>/{train,valid,test}.jsonl: the part of an instruction that native/ reads (docs/formats.md). */
export const InstructionLine = z.strictObject({
  row: z.number().int().nonnegative(),
  user: z.string(),
  item: z.string(),
  label: z.boolean().nullable(),
  prompt: z.string(),
  answer: z.string(),
  values: z.array(ByteRange),
  history: z.array(ByteRange),
  weight: z.number().positive().optional(), // of the row in the loss; 1 without it
});
export type InstructionLine = z.infer<typeof InstructionLine>;

/** weights  of rows by label, when the recipe has them; a row without label counts once */
export function instructionLine(
  instruction: Instruction,
  weights?: { liked: number; disliked: number },
): InstructionLine {
  const { row, userId, itemId, label, prompt, answer, values, history } = instruction;
  const line = { row, user: userId, item: itemId, label, prompt, answer, values, history };
  if (weights === undefined || label === null) return line;
  return { ...line, weight: label ? weights.liked : weights.disliked };
}
