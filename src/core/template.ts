import { z } from 'zod';
import { GridCell } from './grid.js';
import { ANSWER_SLOTS, type AnswerSlot, PROMPT_SLOTS, type PromptSlot, type VariableKind } from './slots.js';

/** Which answers a row could have had: those that a model is scored on. */
export type Alternatives =
  | 'label' // liked, not liked
  | 'stars' // each rating of the log's scale
  | 'candidates' // each candidate
  | 'none'; // free text: only its own

/** What a task asks and the slots that it offers: `prompt` to the instruction and the input, `answer` to the output. */
export interface Task {
  readonly asks: string;
  readonly prompt: readonly PromptSlot[];
  readonly answer: readonly AnswerSlot[];
  readonly alternatives: Alternatives;
  readonly likedTargets: boolean; // whether a target that was not liked makes no row
}

const words = ['itemWord', 'itemWords'] as const;
const past = ['history', 'liked', 'disliked', 'user', 'preference', ...words] as const;
const needs = ['vagueIntention', 'specificIntention'] as const;

export const TASKS = {
  judgement: {
    asks: 'will the user like the target?',
    prompt: [...past, ...needs, 'target', 'collaborative'],
    answer: ['label', 'reasoning'],
    alternatives: 'label',
    likedTargets: false,
  },
  pairwise: {
    asks: 'which of two items?',
    prompt: [...past, ...needs, 'candidates'],
    answer: ['chosen', 'reasoning'],
    alternatives: 'candidates',
    likedTargets: true,
  },
  matching: {
    asks: 'which item, of all there are?',
    prompt: [...past, ...needs],
    answer: ['target', 'reasoning'],
    alternatives: 'candidates',
    likedTargets: true,
  },
  ranking: {
    asks: 'which of these items, or in which order?',
    prompt: [...past, ...needs, 'candidates'],
    answer: ['chosen', 'order', 'reasoning'],
    alternatives: 'candidates',
    likedTargets: true,
  },
  rating: {
    asks: 'how many stars?',
    prompt: [...past, 'target', 'collaborative', 'headline', 'review'],
    answer: ['stars', 'reasoning'],
    alternatives: 'stars',
    likedTargets: false,
  },
  explanation: {
    asks: 'why this rating?',
    prompt: [...past, 'target', 'stars', 'headline', 'feature'],
    answer: ['explanation'],
    alternatives: 'none',
    likedTargets: false,
  },
  summary: {
    asks: 'which headline does this review have?',
    prompt: ['user', 'target', 'stars', 'review', ...words],
    answer: ['headline'],
    alternatives: 'none',
    likedTargets: false,
  },
  taste: {
    asks: 'what does the user like?',
    prompt: ['history', 'liked', 'disliked', 'user', 'target', ...needs, ...words],
    answer: ['preference'],
    alternatives: 'none',
    likedTargets: true,
  },
  need: {
    asks: 'what was the user looking for?',
    prompt: [...past, 'target'],
    answer: [...needs],
    alternatives: 'none',
    likedTargets: true,
  },
  'user-knowledge': {
    asks: 'what can be said of the user?',
    prompt: ['history', 'liked', 'disliked', 'user', 'factors', ...words],
    answer: ['knowledge', 'profile'],
    alternatives: 'none',
    likedTargets: false,
  },
  'item-knowledge': {
    asks: 'what can be said of the item?',
    prompt: ['target', 'factors', ...words],
    answer: ['knowledge', 'profile'],
    alternatives: 'none',
    likedTargets: false,
  },
} as const satisfies Record<string, Task>;
export type TaskName = keyof typeof TASKS;

/** The names that a task offers to the prompt, with their kinds. */
export function promptVariables(task: TaskName): Record<string, VariableKind> {
  return Object.fromEntries(TASKS[task].prompt.map((name) => [name, PROMPT_SLOTS[name].kind]));
}

/** The names that a task offers to the answer, with their kinds. */
export function answerVariables(task: TaskName): Record<string, VariableKind> {
  return Object.fromEntries(TASKS[task].answer.map((name) => [name, ANSWER_SLOTS[name].kind]));
}

/** The families of the library; each is a folder of templates/. */
export const FAMILIES = {
  'judgement-lists': 'yes or no, from lists of liked and disliked items (TALLRec)',
  'judgement-ratings': 'yes or no, from a history with ratings and a persona (ReLLa)',
  'judgement-collaborative': 'yes or no, with what users alike thought of the target (CoLLM, as text)',
  'next-item': 'the next item, of all there are (P5, OpenP5, BIGRec)',
  pick: 'one of the candidates (P5, InstructRec, LLaRA)',
  rerank: 'the candidates in order',
  rating: 'the number of stars (P5)',
  explanation: 'a sentence that explains a rating (P5)',
  'review-summary': 'the headline of a review (P5)',
  'product-search': 'the item for a need, without a history (InstructRec)',
  'personalised-search': 'the item for a need and a history (InstructRec)',
  'user-knowledge': 'what a history says of a user, along given factors (KAR)',
  'item-knowledge': 'what there is to know of an item, along given factors (KAR)',
  'item-profile': 'who would like an item, as JSON (RLMRec)',
  'user-profile': 'what a user likes, as JSON (RLMRec)',
  'turn-around': 'from the item back to the need or the taste (InstructRec)',
  'chain-of-thought': 'thoughts before the answer (InstructRec)',
  'field-values': 'yes or no, from sentences of fields and values (FLIP, ClickPrompt, Recformer)',
} as const satisfies Record<string, string>;

const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name starts with a letter and holds letters, digits and "_"');

/** The front matter of templates/<family>/<name>.hbs; the text below it is the input. */
export const TemplateHead = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9/-]*$/, 'an id holds a-z, 0-9, "-" and "/"'),
  version: z.number().int().positive(),
  task: z.enum(Object.keys(TASKS) as [TaskName, ...TaskName[]]),
  family: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'a family holds a-z, 0-9 and "-"')
    .default('own'),
  cell: GridCell.optional(), // of the InstructRec grid
  evaluationOnly: z.boolean().default(false), // never in train, so that seen and unseen wordings can be compared
  paper: z.url().optional(),
  variables: z.array(name).min(1), // of the task's names, those that the template uses: each of them, no other
  fields: z.array(name).default([]), // what it prints of an item beside its title: author, genre, ...
  userFields: z.array(name).default([]), // what it prints of the user: occupation, ...
  instruction: z.string().min(1), // Handlebars
  output: z.string().min(1), // Handlebars: the answer that the model must write
});
export type TemplateHead = z.infer<typeof TemplateHead>;

/** The front matter of templates/wrappers/<kind>.hbs; the text below it goes around instruction and input. */
export const WrapperHead = z.strictObject({
  id: z.string().min(1),
  version: z.number().int().positive(),
  paper: z.url().optional(),
  switches: z.array(name).default([]), // flags that the recipe sets
});
export type WrapperHead = z.infer<typeof WrapperHead>;

/** What every wrapper is offered beside its switches. hasInput: whether the template has an input at all, the same for all its rows. */
export const WRAPPER_VARIABLES: Readonly<Record<string, VariableKind>> = {
  instruction: 'text',
  input: 'text',
  hasInput: 'flag',
};
