import { z } from 'zod';

/** What a name in a template stands for. */
export type VariableKind =
  | 'history' // a list of items, oldest first; what a long row may lose from its old end
  | 'item' // one item: printed by its fields, e.g. target.title
  | 'text'
  | 'flag'; // asked by #if, never printed

/** The names that a task form offers: `prompt` to the instruction and the input, `answer` to the output. */
export interface TaskForm {
  readonly prompt: Readonly<Record<string, VariableKind>>;
  readonly answer: Readonly<Record<string, VariableKind>>;
}

/** Pointwise: will the user like the target item? liked and disliked share out the history, each in the user's order. */
const preference: TaskForm = {
  prompt: { liked: 'history', disliked: 'history', target: 'item' },
  answer: { label: 'flag' },
};

export const TASKS = { preference } as const satisfies Record<string, TaskForm>;
export type Task = keyof typeof TASKS;

const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name starts with a letter and holds letters, digits and "_"');

/** The front matter of templates/<family>/<name>.hbs; the text below it is the input. */
export const TemplateHead = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9/-]*$/, 'an id holds a-z, 0-9, "-" and "/"'),
  version: z.number().int().positive(),
  task: z.enum(Object.keys(TASKS) as [Task, ...Task[]]),
  paper: z.url().optional(),
  variables: z.array(name).min(1), // of the task's names, those that the template uses: each of them, no other
  fields: z.array(name).default([]), // what it prints of an item beside its title: author, genre, ...
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
