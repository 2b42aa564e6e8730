import { z } from 'zod';

/** What a model is asked to write a text for. */
export const TextPrompt = z.strictObject({
  system: z.string().nullable().default(null), // how it is to write; null: nothing is said
  prompt: z.string().min(1),
});
export type TextPrompt = z.infer<typeof TextPrompt>;

/** One line of a file of prompts (docs/formats.md). */
export const PromptLine = z.strictObject({ id: z.number().int().nonnegative(), ...TextPrompt.shape });
export type PromptLine = z.infer<typeof PromptLine>;

/** What it wrote. */
export interface GeneratedText {
  text: string;
  tokens: number;
  end: 'stop' | 'length'; // the model ended it, or it was cut short by the limit of tokens
}
