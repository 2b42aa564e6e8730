import type { JsonSchema } from '../core/json-schema.js';
import type { TextSlot } from '../core/slots.js';
import { TASKS } from '../core/template.js';
import type { TextPrompt } from '../core/text-prompt.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Wrapper } from './load-wrapper.js';
import type { LogKnowledge } from './log-knowledge.js';
import { isSameTitle } from './named-titles.js';
import { letterOf, MOST_LETTERS, renderExample } from './render.js';
import type { Asked } from './show-example.js';
import { reviewOf, withoutTitle } from './slots/need.js';

const LONGEST = { sentence: 240, knowledge: 500, title: 200 }; // characters

const sentence: JsonSchema = {
  type: 'object',
  properties: { text: { type: 'string', minLength: 10, maxLength: LONGEST.sentence } },
};
const paragraph: JsonSchema = {
  type: 'object',
  properties: { text: { type: 'string', minLength: 10, maxLength: LONGEST.knowledge } },
};

/** A text that is wanted of the model, and what is made of its answer; undefined: nothing that can be used. */
export interface Wish {
  readonly prompt: TextPrompt;
  readonly schema: JsonSchema;
  readonly unnamed: readonly string[]; // titles that the text must not name
  use(answer: Readonly<Record<string, string>>): string | undefined;
}

export type Wishing = (asked: Asked, log: LogKnowledge, recipe: LoadedRecipe, wrapper: Wrapper) => Wish | undefined;

/** What the model is asked for each slot. Nothing that the row's own prompt may not hold stands in a question. */
export const WISHES: Partial<Record<TextSlot, Wishing>> = {
  preference: (asked, log) => {
    const { judged } = asked;
    const named = (liked: boolean): string =>
      judged
        .filter((one) => one.liked === liked)
        .map(({ item }) => `"${item.title}"`)
        .join(', ');
    const lists = `Liked: ${named(true) || 'nothing'}\nNot liked: ${named(false) || 'nothing'}`;
    const prompt = `${lists}\nSay in one sentence what this user likes in general. Do not repeat titles. Answer as JSON with the key text.`;
    return {
      prompt: { system: null, prompt },
      schema: sentence,
      unnamed: titlesOf(asked, log),
      use: ({ text }) => text,
    };
  },
  vagueIntention: (asked, log) => {
    const { example } = asked;
    const review = reviewOf(example.target, log.roles);
    const title = log.items.get(example.target.itemId)?.title ?? '';
    if (review === undefined) return undefined;
    const words = withoutTitle(review, title).slice(0, 1000);
    const prompt = `A user wrote: ${words}\nSay in one sentence, as the user would, what the user was looking for. Do not name titles. Answer as JSON with the key text.`;
    return {
      prompt: { system: null, prompt },
      schema: sentence,
      unnamed: titlesOf(asked, log),
      use: ({ text = '' }) => withoutTitle(text, title),
    };
  },
  knowledge: (asked, log, recipe) => {
    const { template, example, judged } = asked;
    const along = recipe.factors ? `, along these points: ${recipe.factors.join(', ')}` : '';
    if (template.head.task === 'item-knowledge') {
      const title = log.items.get(example.target.itemId)?.title ?? '';
      const prompt = `Describe "${title}" in two sentences${along}. Answer as JSON with the key text.`;
      return { prompt: { system: null, prompt }, schema: paragraph, unnamed: [], use: ({ text }) => text }; // it is about the title
    }
    const titles = judged.map(({ item, liked }) => `"${item.title}" (${liked ? 'liked' : 'not liked'})`).join(', ');
    const prompt = `A user chose: ${titles}\nDescribe what this user looks for in two sentences${along}. Do not repeat titles. Answer as JSON with the key text.`;
    return {
      prompt: { system: null, prompt },
      schema: paragraph,
      unnamed: titlesOf(asked, log),
      use: ({ text }) => text,
    };
  },
  reasoning: reasoningWish,
};

/** Titles of the history and of the target. */
function titlesOf({ example, judged }: Asked, log: LogKnowledge): string[] {
  const target = log.items.get(example.target.itemId)?.title;
  return [...judged.map(({ item }) => item.title), ...(target === undefined ? [] : [target])];
}

/**
 * The model thinks and answers without knowing the answer. In train its thoughts are taken only when they lead to what the log says; in valid and
 * test whatever they lead to, or the rows would be those that the model finds easy.
 */
function reasoningWish(asked: Asked, log: LogKnowledge, _recipe: LoadedRecipe, wrapper: Wrapper): Wish {
  const { template, shown, split } = asked;
  const { options, answer: allowed, isRight } = questionOf(asked);
  const { instruction, input } = renderExample(template, wrapper, {
    ...shown,
    texts: { ...shown.texts, reasoning: '' },
  });
  const prompt = `${instruction}\n${input}\n${options}Answer as JSON: reasoning, in one sentence that names no title and not the answer, then answer${'enum' in allowed ? ` (${allowed.enum.join(' or ')})` : ''}.`;
  const schema: JsonSchema = {
    type: 'object',
    properties: { reasoning: { type: 'string', minLength: 10, maxLength: LONGEST.sentence }, answer: allowed },
  };
  const use = ({ reasoning, answer = '' }: Readonly<Record<string, string>>) =>
    split === 'train' && !isRight(answer) ? undefined : reasoning;
  return { prompt: { system: null, prompt }, schema, unnamed: titlesOf(asked, log), use };
}

type AnswerSchema =
  | { readonly enum: string[] }
  | { readonly type: 'string'; readonly minLength: number; readonly maxLength: number };

/** How the model is to answer behind its thoughts, and when that is what the log says. */
function questionOf({ template, shown }: Asked): {
  options: string;
  answer: AnswerSchema;
  isRight(answer: string): boolean;
} {
  const among = (words: readonly string[], right: string, options = '') => ({
    options,
    answer: { enum: [...words] },
    isRight: (answer: string) => answer === right,
  });
  const { alternatives } = TASKS[template.head.task];
  if (alternatives === 'label') return among(['Yes', 'No'], shown.label ? 'Yes' : 'No');
  if (alternatives === 'stars') return among(shown.scale ?? [], shown.stars ?? '');
  const { candidates, chosen = 0 } = shown;
  if (candidates === undefined) {
    return {
      options: '',
      answer: { type: 'string', minLength: 1, maxLength: LONGEST.title },
      isRight: (answer) => isSameTitle(answer, shown.target.title),
    };
  }
  const name = candidates.length > MOST_LETTERS ? (place: number) => String(place + 1) : letterOf;
  const words = candidates.map((_, place) => name(place));
  const options = template.promptSlots.has('candidates')
    ? `The items have these names, in their order: ${words.join(', ')}.\n`
    : `It is one of these:\n${candidates.map(({ title }, place) => `${name(place)}. "${title}"`).join('\n')}\n`;
  return among(words, name(chosen), options);
}
