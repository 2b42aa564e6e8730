import { z } from 'zod';
import { ByteRange } from './instruction.js';

const count = z.number().int().nonnegative();

/** A token's number and its text; special tokens by their name, parts of a character as <0xE4>. */
export const Token = z.tuple([count, z.string()]);
export type Token = z.infer<typeof Token>;

/** A row as the model sees it under one vocabulary. */
export const InspectedRow = z.strictObject({
  row: count,
  tokens: count, // with all its history, end token included
  length: count.nullable(), // within the limit; null: a run would refuse the row
  droppedHistory: count, // items
  answerBegin: count, // first token that carries loss
  shortest: count, // length without any history, of the longest answer that it could have had
  labelTokens: z.array(Token), // that tell its labels apart, in their order; none: free text or choices
  ends: z.boolean(), // whether its last token is the end token
  pieces: z.array(z.tuple([count, z.string(), count.nullable()])).optional(), // each token: number, text, byte behind it of the shortened prompt with the answer
  specials: z.array(count).optional(), // which of the pieces are special tokens
  loss: z.tuple([count, count]).optional(), // the pieces that carry loss
  cut: z.array(ByteRange).optional(), // of the prompt: the history that was dropped, oldest first
});
export type InspectedRow = z.infer<typeof InspectedRow>;
