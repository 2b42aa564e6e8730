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
  parentRow: z.number().int().nonnegative().optional(), // of a curated version: the row that it was in the parent, in the same split
  userId: z.string(),
  itemId: z.string(), // the target item
  label: z.boolean().nullable(), // true: liked; null: the task has no yes/no label
  choices: z.array(z.string()).nullable(), // every answer that the row could have had, its own among them; null: free text
  scored: z.enum(['first-token', 'likelihood']).nullable(), // how the choices are told apart; null with them
  candidates: z.array(z.string()).nullable(), // item ids in the order of the choices, when these are items
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

/** What is known of an instruction without reading its texts. */
export type InstructionFacts = Pick<
  Instruction,
  | 'row'
  | 'split'
  | 'parentRow'
  | 'userId'
  | 'itemId'
  | 'label'
  | 'choices'
  | 'scored'
  | 'candidates'
  | 'templateId'
  | 'templateVersion'
  | 'historyLabels'
  | 'target'
  | 'historyInteractions'
>;

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
  labels: z.array(z.string().min(1)).min(2).optional(), // the row's own answers, told apart by the first token that differs
  choices: z.array(z.string().min(1)).min(1).optional(), // the same, told apart by their whole likelihood
  open: z.boolean().optional(), // whether text may go on behind a choice: no end-of-text is part of it then
});
export type InstructionLine = z.infer<typeof InstructionLine>;

/**
 * What native/ reads of an instruction.
 *
 * weights     of rows by label, when the recipe has them; a row without label counts once
 * ownAnswers  whether the line says which answers the row could have had; not needed when all rows share two labels
 */
export function instructionLine(instruction: Instruction, options: LineOptions): InstructionLine {
  const { row, userId, itemId, label, prompt, answer, values, history } = instruction;
  const line = { row, user: userId, item: itemId, label, prompt, answer, values, history };
  return { ...line, ...lineExtras(instruction, options) };
}

export interface LineOptions {
  readonly weights?: { readonly liked: number; readonly disliked: number } | undefined;
  readonly ownAnswers: boolean;
}

/** What stands in some lines alone. */
export function lineExtras(
  row: Pick<Instruction, 'label' | 'answer' | 'scored'> & { readonly choices: readonly string[] | null },
  { weights, ownAnswers }: LineOptions,
): Pick<InstructionLine, 'weight' | 'labels' | 'choices'> {
  const { label, answer, choices, scored } = row;
  const weight = weights === undefined || label === null ? {} : { weight: label ? weights.liked : weights.disliked };
  if (!ownAnswers) return weight;
  const all = [...(choices ?? [])];
  const own = scored === 'first-token' ? { labels: all } : { choices: choices === null ? [answer] : all };
  return { ...weight, ...own };
}
