import type { ByteRange } from '../core/instruction.js';
import type { MadePart, MadeRow } from '../core/made-row.js';
import type { TextSlot } from '../core/slots.js';
import { TASKS } from '../core/template.js';
import type { Render } from './compile.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import { type HistoryList, Sheet, textOf } from './sheet.js';

/** What a template prints of an item: its title and the fields that the template declares. */
export type ItemText = Readonly<Record<string, string>> & { readonly title: string };

/** An example as a task shows it. What a template does not use may be left out. */
export interface ShownExample {
  readonly history: readonly { readonly item: ItemText; readonly liked: boolean; readonly stars?: string }[]; // oldest first
  readonly target: ItemText;
  readonly label?: boolean; // of a judgement
  readonly stars?: string; // the user's rating of the target
  readonly scale?: readonly string[]; // every rating that there is
  readonly candidates?: readonly ItemText[];
  readonly chosen?: number; // which of the candidates is the target
  readonly user?: Readonly<Record<string, string>>;
  readonly texts?: Readonly<Partial<Record<TextSlot, string>>>;
  readonly itemWord?: string;
  readonly itemWords?: string;
}

/** An example as text. Ranges count UTF-8 bytes of the prompt. */
export interface Rendered {
  readonly instruction: string;
  readonly input: string;
  readonly answer: string;
  readonly choices: string[] | null; // every answer that the row could have had; null: free text
  readonly scored: 'first-token' | 'likelihood' | null;
  readonly prompt: string;
  readonly values: ByteRange[]; // each inserted value, in the order of the text
  readonly history: ByteRange[]; // each printed history item with the separator after it, oldest first
  readonly shown: number[]; // which items of the example's history those are
}

/** Renders one example through template and wrapper. Pure: the same example gives the same bytes. */
export function renderExample(template: Template, wrapper: Wrapper, example: ShownExample): Rendered {
  const { answer, choices, scored } = layDown(template, wrapper, example);
  const { shown, ranges } = PROMPT.history();
  const prompt = PROMPT.text();
  const [instruction, input] = [INSTRUCTION.text(PROMPT, prompt), INPUT.text(PROMPT, prompt)];
  return {
    instruction,
    input,
    answer,
    choices: choices && [...choices],
    scored,
    prompt,
    values: PROMPT.valueRanges(),
    history: ranges,
    shown,
  };
}

/**
 * The same into a row, of which it sets all that is text.
 *
 * shown  filled with which items of the example's history were printed
 */
export function renderRow(
  template: Template,
  wrapper: Wrapper,
  example: ShownExample,
  row: MadeRow,
  shown: number[],
): void {
  const { answer, choices, scored } = layDown(template, wrapper, example);
  row.answer = answer;
  row.choices = choices;
  row.scored = scored;
  INSTRUCTION.setPart(row.parts[0]);
  INPUT.setPart(row.parts[1]);
  PROMPT.giveTo(row, shown);
}

/** Puts the prompt on its sheet, and tells the answers. */
function layDown(template: Template, wrapper: Wrapper, example: ShownExample): Answers {
  const { places, promptSlots } = template;
  const items = printedItems(example.history, places.has('isLiked') || places.has('stars'));
  const liked = promptSlots.has('liked') ? partOf(items, example.history, true) : NO_ITEMS;
  const disliked = promptSlots.has('disliked') ? partOf(items, example.history, false) : NO_ITEMS;
  const candidates = example.candidates ? lettered(example.candidates, usesPlaces(template)) : NO_CANDIDATES;
  const context = {
    history: items,
    liked: liked.items,
    disliked: disliked.items,
    user: example.user,
    target: example.target,
    stars: example.stars,
    itemWord: example.itemWord,
    itemWords: example.itemWords,
    candidates,
  };
  if (example.texts !== undefined) Object.assign(context, example.texts);
  PROMPT.begin([liked, disliked, { items, positions: numbersUpTo(items.length) }]);
  INSTRUCTION.take(template.instruction, context);
  INPUT.take(template.input, context);
  wrapper.render({ instruction: INSTRUCTION.put, input: INPUT.put, hasInput: template.hasInput }, PROMPT);
  return answersOf(template, example, candidates);
}

/** A part of a prompt that the wrapper puts down. */
class Piece {
  #render: Render = () => {};
  #context: object = {};
  #begin = -1;
  #end = -1;

  take(render: Render, context: object): void {
    this.#render = render;
    this.#context = context;
    this.#begin = -1;
    this.#end = -1;
  }

  readonly put = (sheet: Sheet): void => {
    this.#begin = sheet.length;
    this.#render(this.#context, sheet);
    this.#end = sheet.length;
  };

  /** Tells where it stands in the prompt, or what it is. */
  setPart(part: MadePart): void {
    part.begin = this.#begin;
    part.end = this.#end;
    part.text = this.#begin >= 0 ? undefined : textOf((aside) => this.#render(this.#context, aside));
  }

  /** Its text, whether it stands in the prompt or not. */
  text(sheet: Sheet, prompt: string): string {
    if (this.#begin >= 0) return sheet.part(prompt, this.#begin, this.#end);
    return textOf((aside) => this.#render(this.#context, aside));
  }
}

// Used again for each example: what a row leaves behind for the garbage collector was a tenth of the time of a build.
const PROMPT = new Sheet();
const INSTRUCTION = new Piece();
const INPUT = new Piece();
const NO_ITEMS: HistoryList = { items: [], positions: [] };

/** The items of a history. */
function printedItems(history: ShownExample['history'], withJudgements: boolean): ItemText[] {
  if (!withJudgements) return history.map(({ item }) => item);
  return history.map(({ item, liked, stars }) => ({ ...item, isLiked: liked, stars }) as unknown as ItemText);
}

/** Those of the history that were liked, or were not. */
function partOf(items: readonly ItemText[], history: ShownExample['history'], wanted: boolean): HistoryList {
  let count = 0;
  for (const { liked } of history) if (liked === wanted) count += 1;
  const part = new Array<ItemText>(count);
  const positions = new Array<number>(count);
  let next = 0;
  for (let i = 0; i < items.length; i++) {
    if (history[i]?.liked !== wanted) continue;
    part[next] = items[i] as ItemText;
    positions[next++] = i;
  }
  return { items: part, positions };
}

const numbers: (readonly number[])[] = [];

/** 0, 1, ... below a number. */
function numbersUpTo(end: number): readonly number[] {
  const known = numbers[end];
  if (known !== undefined) return known;
  const made = Array.from({ length: end }, (_, i) => i);
  numbers[end] = made;
  return made;
}

const NO_CANDIDATES: readonly Candidate[] = [];

type Candidate = ItemText & { readonly letter: string; readonly number: string };

export const MOST_LETTERS = 26;

/** The letter of a candidate by its place; "?" behind Z, which checks refuse. */
export function letterOf(place: number): string {
  return place < MOST_LETTERS ? String.fromCharCode(65 + place) : '?';
}

function lettered(items: readonly ItemText[], withPlaces: boolean): readonly Candidate[] {
  if (!withPlaces) return items as Candidate[];
  return items.map((item, i) => ({ ...item, letter: letterOf(i), number: String(i + 1) }));
}

/** Whether a template prints the letter or the number of a candidate. */
function usesPlaces({ places, answerPlaces, answerSlots }: Template): boolean {
  return ['letter', 'number'].some((name) => places.has(name) || answerPlaces.has(name)) || answerSlots.has('order');
}

interface Answers {
  readonly answer: string;
  readonly choices: readonly string[] | null;
  readonly scored: Rendered['scored'];
}

/** The row's answer, and all those that it could have had. */
function answersOf(template: Template, example: ShownExample, candidates: readonly Candidate[]): Answers {
  const { target, stars } = example;
  // One context for all answers of the row: each sets what it changes, and the same as the one before.
  let context: object | undefined;
  const write = (change: object): string => {
    context ??= { ...example.texts, target, stars };
    const changed = Object.assign(context, change);
    return textOf((sheet) => template.output(changed, sheet));
  };
  switch (TASKS[template.head.task].alternatives) {
    case 'label': {
      if (template.labels && template.hasFixedLabels)
        return { answer: template.labels[example.label ? 0 : 1], choices: template.labels, scored: 'first-token' };
      const choices = [true, false].map((label) => write({ label }));
      return { answer: choices[example.label ? 0 : 1] as string, choices, scored: 'first-token' };
    }
    case 'stars': {
      const scale = example.scale ?? [];
      const choices = scale.map((stars) => write({ stars }));
      return { answer: write({ stars }), choices, scored: someBegins(choices) ? 'likelihood' : 'first-token' };
    }
    case 'candidates': {
      if (candidates.length === 0) return { answer: write({}), choices: null, scored: null };
      const inOrder = template.answerSlots.has('order');
      const choices = candidates.map((chosen) =>
        write({ chosen, target: chosen, ...(inOrder ? { order: ordered(candidates, chosen.letter) } : {}) }),
      );
      const byLetter = template.answerPlaces.size > 0 || inOrder;
      const answer = choices[example.chosen ?? -1];
      if (answer === undefined) throw new Error('the target is not among the candidates');
      return { answer, choices, scored: byLetter && !beginAlike(choices) ? 'first-token' : 'likelihood' };
    }
    case 'none':
      return { answer: write({}), choices: null, scored: null };
  }
}

/** Whether one answer begins another, as "1" begins "1.5": then no token tells the two apart, and where each ends has to count. */
function someBegins(choices: readonly string[]): boolean {
  return choices.some((one) => choices.some((other) => other !== one && other.startsWith(one)));
}

/**
 * Whether all answers begin with the same text, as letters behind a chain of thought do. There a vocabulary may write some letters together with the space
 * before them and others apart, so that no one token tells them all: their whole likelihood does, in which what they share counts for nothing.
 */
function beginAlike(choices: readonly string[]): boolean {
  const [first = '', ...others] = choices;
  return others.length > 1 && first !== '' && others.every((choice) => choice.startsWith(first.slice(0, 1)));
}

/** The letters with one in front. */
function ordered(candidates: readonly Candidate[], first: string): string {
  return [first, ...candidates.map(({ letter }) => letter).filter((letter) => letter !== first)].join(', ');
}
