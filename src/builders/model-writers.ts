import { type JsonSchema, readAnswer } from '../core/json-schema.js';
import type { TextSlot } from '../core/slots.js';
import type { TextPrompt } from '../core/text-prompt.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Wrapper } from './load-wrapper.js';
import type { LogKnowledge } from './log-knowledge.js';
import { namedTitle } from './named-titles.js';
import { type Asked, BY_RULE, type Writers } from './show-example.js';
import { WISHES, type Wishing } from './wishes.js';

/** The local model that a build is given: writes a text for each prompt, in order, as JSON of the schema; the same prompt is written once. */
export interface Teacher {
  readonly hash: string; // sha256 of the model, for the manifest
  /** attempt  0; from 1 on another text for the same prompt is wanted, drawn by another seed */
  write(prompts: readonly TextPrompt[], schema: JsonSchema, attempt: number): Promise<readonly string[]>;
}

/** By slot: distinct texts that named a title at first, and those of them that a rule wrote in the end. */
export type TitlesNamed = Partial<Record<TextSlot, { askedAgain: number; byRule: number }>>;

/** What texts are written from. */
interface Writing {
  readonly recipe: LoadedRecipe;
  readonly log: LogKnowledge;
  readonly wrapper: Wrapper;
  readonly teacher: Teacher;
  everyRow(writers: Writers): void; // renders every row with these writers
}

const ATTEMPTS = 3; // at a text without a title, then the rule writes it

interface Wanted {
  readonly prompt: TextPrompt;
  readonly slot: TextSlot;
  readonly unnamed: Set<string>; // titles, of all rows that ask so
}

type Answer = Readonly<Record<string, string>> | typeof BY_RULE | undefined;

/**
 * Writers of the slots. Thoughts come last: what they are asked about may show the other texts.
 *
 * others  writers that are there already
 * named   is told which texts named titles
 */
export async function modelWriters(
  slots: readonly TextSlot[],
  writing: Writing,
  others: Writers,
  named: TitlesNamed,
): Promise<Writers> {
  const isThought = (slot: TextSlot): boolean => slot === 'reasoning';
  const stages = [slots.filter((slot) => !isThought(slot)), slots.filter(isThought)];
  const writers: Writers = {};
  for (const stage of stages) {
    if (stage.length === 0) continue;
    Object.assign(writers, await written(stage, writing, { ...others, ...writers }, named));
  }
  return writers;
}

async function written(
  slots: readonly TextSlot[],
  { recipe, log, wrapper, teacher, everyRow }: Writing,
  others: Writers,
  named: TitlesNamed,
): Promise<Writers> {
  const wanted = new Map<string, Map<string, Wanted>>(); // by schema, by prompt
  const collecting: Writers = { ...others };
  const ask = (slot: TextSlot, asked: Asked) => (WISHES[slot] as Wishing)(asked, log, recipe, wrapper);
  for (const slot of slots) {
    collecting[slot] = (asked) => {
      const one = ask(slot, asked);
      if (one === undefined) return undefined;
      const schema = JSON.stringify(one.schema);
      const known = wanted.get(schema) ?? new Map<string, Wanted>();
      wanted.set(schema, known);
      const want = known.get(one.prompt.prompt) ?? { prompt: one.prompt, slot, unnamed: new Set<string>() };
      known.set(one.prompt.prompt, want);
      for (const title of one.unnamed) want.unnamed.add(title);
      return 'a text that the model is going to write';
    };
  }
  everyRow(collecting);
  const answers = new Map<string, Map<string, Answer>>();
  for (const [schema, prompts] of wanted) {
    answers.set(schema, await answersOf(teacher, JSON.parse(schema) as JsonSchema, [...prompts.values()], named));
  }
  const writing = (slot: TextSlot) => [
    slot,
    (asked: Asked) => {
      const one = ask(slot, asked);
      const answer = one && answers.get(JSON.stringify(one.schema))?.get(one.prompt.prompt);
      return answer === undefined || answer === BY_RULE ? answer : one?.use(answer);
    },
  ];
  return Object.fromEntries(slots.map(writing)) as Writers;
}

/** The model's answer to each prompt. One whose text names a title that it must not name is asked for again. */
async function answersOf(
  teacher: Teacher,
  schema: JsonSchema,
  wanted: readonly Wanted[],
  named: TitlesNamed,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  let open = wanted;
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    const texts = await teacher.write(
      open.map(({ prompt }) => prompt),
      schema,
      attempt,
    );
    open = open.filter(({ prompt: { prompt }, unnamed }, i) => {
      const answer = readAnswer(schema, texts[i] ?? '') as Exclude<Answer, typeof BY_RULE>;
      answers.set(prompt, answer);
      if (answer === undefined) return attempt > 0; // at first: another template takes the example
      return namedTitle(answer.text ?? answer.reasoning ?? '', unnamed) !== undefined;
    });
    if (attempt === 0) for (const { slot } of open) countOf(named, slot).askedAgain += 1;
  }
  for (const { slot, prompt } of open) {
    answers.set(prompt.prompt, BY_RULE);
    countOf(named, slot).byRule += 1;
  }
  return answers;
}

function countOf(named: TitlesNamed, slot: TextSlot): { askedAgain: number; byRule: number } {
  named[slot] ??= { askedAgain: 0, byRule: 0 };
  return named[slot];
}
