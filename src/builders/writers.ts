import { RectuneError } from '../core/errors.js';
import { type JsonSchema, readAnswer } from '../core/json-schema.js';
import type { TextWriter } from '../core/recipe.js';
import type { TextSlot } from '../core/slots.js';
import { TASKS } from '../core/template.js';
import type { TextPrompt } from '../core/text-prompt.js';
import type { Store } from '../store/store.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import type { LogKnowledge } from './log-knowledge.js';
import { letterOf, MOST_LETTERS, renderExample } from './render.js';
import type { Asked, Writers } from './show-example.js';
import { reviewOf, withoutTitle } from './slots/need.js';

/** The local model that a build is given: writes a text for each prompt, in order, as JSON of the schema; the same prompt is written once. */
export interface Teacher {
  readonly hash: string; // sha256 of the model, for the manifest
  write(prompts: readonly TextPrompt[], schema: JsonSchema): Promise<readonly string[]>;
}

/** What the manifest tells of texts that no rule made. */
export interface WrittenBy {
  readonly teacher?: string; // sha256 of the model
  readonly imported?: Readonly<Record<string, string>>; // "item knowledge": hash over the texts
}

const LONGEST = { sentence: 240, knowledge: 500 }; // characters

const sentence: JsonSchema = {
  type: 'object',
  properties: { text: { type: 'string', minLength: 10, maxLength: LONGEST.sentence } },
};
const paragraph: JsonSchema = {
  type: 'object',
  properties: { text: { type: 'string', minLength: 10, maxLength: LONGEST.knowledge } },
};

/** A text that is wanted of the model, and what is made of its answer; undefined: nothing that can be used. */
interface Wish {
  readonly prompt: TextPrompt;
  readonly schema: JsonSchema;
  use(answer: Readonly<Record<string, string>>): string | undefined;
}

type Wishing = (asked: Asked, log: LogKnowledge, recipe: LoadedRecipe, wrapper: Wrapper) => Wish | undefined;

/** What the model is asked for each slot. Nothing that the row's own prompt may not hold stands in a question. */
const WISHES: Partial<Record<TextSlot, Wishing>> = {
  preference: ({ judged }) => {
    const named = (liked: boolean): string =>
      judged
        .filter((one) => one.liked === liked)
        .map(({ item }) => `"${item.title}"`)
        .join(', ');
    const lists = `Liked: ${named(true) || 'nothing'}\nNot liked: ${named(false) || 'nothing'}`;
    const prompt = `${lists}\nSay in one sentence what this user likes in general. Do not repeat titles. Answer as JSON with the key text.`;
    return { prompt: { system: null, prompt }, schema: sentence, use: ({ text }) => text };
  },
  vagueIntention: ({ example }, log) => {
    const review = reviewOf(example.target, log.roles);
    const title = log.items.get(example.target.itemId)?.title ?? '';
    if (review === undefined) return undefined;
    const words = withoutTitle(review, title).slice(0, 1000);
    const prompt = `A user wrote: ${words}\nSay in one sentence, as the user would, what the user was looking for. Answer as JSON with the key text.`;
    return { prompt: { system: null, prompt }, schema: sentence, use: ({ text = '' }) => withoutTitle(text, title) };
  },
  knowledge: ({ template, example, judged }, log, recipe) => {
    const along = recipe.factors ? `, along these points: ${recipe.factors.join(', ')}` : '';
    if (template.head.task === 'item-knowledge') {
      const title = log.items.get(example.target.itemId)?.title ?? '';
      const prompt = `Describe "${title}" in two sentences${along}. Answer as JSON with the key text.`;
      return { prompt: { system: null, prompt }, schema: paragraph, use: ({ text }) => text };
    }
    const titles = judged.map(({ item, liked }) => `"${item.title}" (${liked ? 'liked' : 'not liked'})`).join(', ');
    const prompt = `A user chose: ${titles}\nDescribe what this user looks for in two sentences${along}. Answer as JSON with the key text.`;
    return { prompt: { system: null, prompt }, schema: paragraph, use: ({ text }) => text };
  },
  reasoning: reasoningWish,
};

/**
 * The model thinks and answers without knowing the answer. In train its thoughts are taken only when they lead to what the log says; in valid and
 * test whatever they lead to, or the rows would be those that the model finds easy.
 */
function reasoningWish(
  { template, shown, split }: Asked,
  _log: LogKnowledge,
  _recipe: LoadedRecipe,
  wrapper: Wrapper,
): Wish | undefined {
  const judging = TASKS[template.head.task].alternatives === 'label';
  const letters = template.promptSlots.has('candidates') ? (shown.candidates ?? []).map((_, i) => letterOf(i)) : [];
  if (!judging && (letters.length === 0 || letters.length > MOST_LETTERS)) return undefined;
  const words = judging ? ['Yes', 'No'] : letters;
  const right = judging ? (shown.label ? 'Yes' : 'No') : letterOf(shown.chosen ?? 0);
  const { instruction, input } = renderExample(template, wrapper, {
    ...shown,
    texts: { ...shown.texts, reasoning: '' },
  });
  const named = judging ? '' : `\nThe items have these letters, in their order: ${letters.join(', ')}.`;
  const prompt = `${instruction}\n${input}${named}\nAnswer as JSON: reasoning, in one sentence that does not name the answer, then answer (${words.join(' or ')}).`;
  const schema: JsonSchema = {
    type: 'object',
    properties: { reasoning: { type: 'string', minLength: 10, maxLength: LONGEST.sentence }, answer: { enum: words } },
  };
  const use = ({ reasoning, answer }: Readonly<Record<string, string>>) =>
    split === 'train' && answer !== right ? undefined : reasoning;
  return { prompt: { system: null, prompt }, schema, use };
}

/** Slots that something else than a rule fills, as the recipe has it; review texts are needed all the same. */
export function writtenSlots({ texts }: Pick<LoadedRecipe, 'texts'>): Set<TextSlot> {
  const entries = Object.entries(texts ?? {}) as [TextSlot, TextWriter][];
  return new Set(entries.filter(([slot, by]) => by !== 'rule' && slot !== 'vagueIntention').map(([slot]) => slot));
}

/**
 * Writers for the slots that the recipe gives to a model or to imported texts.
 *
 * everyRow  renders every row with the writers that it is given, to see which texts are wanted; called when a model writes
 * throws    RectuneError 'usage' when a model is asked for and none is given, or when no texts of a name were imported
 */
export async function makeWriters(
  store: Store,
  recipe: LoadedRecipe,
  log: LogKnowledge,
  wrapper: Wrapper,
  teacher: Teacher | undefined,
  everyRow: (writers: Writers) => void,
): Promise<{ writers: Writers; by: WrittenBy }> {
  const writers: Writers = {};
  const imported: Record<string, string> = {};
  const wishing: [TextSlot, Wishing][] = [];
  for (const [slot, by] of Object.entries(recipe.texts ?? {}) as [TextSlot, TextWriter][]) {
    if (by === 'rule') continue;
    if (by === 'model') wishing.push([slot, WISHES[slot] as Wishing]);
    else writers[slot] = importedWriter(store, recipe, slot, by.imported, imported);
  }
  if (wishing.length > 0)
    Object.assign(writers, await modelWriters(wishing, recipe, log, wrapper, teacher, writers, everyRow));
  return {
    writers,
    by: {
      ...(wishing.length > 0 && teacher ? { teacher: teacher.hash } : {}),
      ...(Object.keys(imported).length > 0 ? { imported } : {}),
    },
  };
}

function importedWriter(
  store: Store,
  recipe: LoadedRecipe,
  slot: TextSlot,
  name: string,
  hashes: Record<string, string>,
): (asked: Asked) => string | undefined {
  const sets = (['item', 'user'] as const).map(
    (of) => [of, store.texts.read({ sourceId: recipe.source, of, name })] as const,
  );
  if (sets.every(([, set]) => set === undefined)) {
    const what = `the log "${recipe.source}" has no imported texts "${name}"`;
    const fix = `import them: rectune texts ${recipe.source} FILE --of item|user --as ${name}`;
    throw new RectuneError('usage', what, `${recipe.file}: texts.${slot}`, fix);
  }
  for (const [of, set] of sets) if (set) hashes[`${of} ${name}`] = set.hash;
  const [[, ofItems], [, ofUsers]] = sets as [(typeof sets)[number], (typeof sets)[number]];
  const isOfItem = ({ head }: Template): boolean => slot === 'knowledge' && head.task === 'item-knowledge';
  return ({ template, example }) =>
    isOfItem(template) ? ofItems?.texts.get(example.target.itemId) : ofUsers?.texts.get(example.userId);
}

async function modelWriters(
  wishing: readonly [TextSlot, Wishing][],
  recipe: LoadedRecipe,
  log: LogKnowledge,
  wrapper: Wrapper,
  teacher: Teacher | undefined,
  others: Writers,
  everyRow: (writers: Writers) => void,
): Promise<Writers> {
  if (teacher === undefined) {
    const slots = wishing.map(([slot]) => slot).join(', ');
    const fix = 'name one with --teacher M.gguf, or let a rule write: rule';
    throw new RectuneError('usage', `a model is to write ${slots}, and none is given`, `${recipe.file}: texts`, fix);
  }
  const wanted = new Map<string, Map<string, TextPrompt>>(); // by schema, by prompt
  const collecting: Writers = { ...others };
  for (const [slot, wish] of wishing) {
    collecting[slot] = (asked) => {
      const one = wish(asked, log, recipe, wrapper);
      if (one === undefined) return undefined;
      const schema = JSON.stringify(one.schema);
      const known = wanted.get(schema) ?? new Map<string, TextPrompt>();
      wanted.set(schema, known.set(one.prompt.prompt, one.prompt));
      return 'a text that the model is going to write';
    };
  }
  everyRow(collecting);
  const answers = new Map<string, unknown>();
  for (const [schemaText, prompts] of wanted) {
    const schema = JSON.parse(schemaText) as JsonSchema;
    const texts = await teacher.write([...prompts.values()], schema);
    [...prompts.keys()].forEach((prompt, i) => {
      answers.set(`${schemaText}\n${prompt}`, readAnswer(schema, texts[i] ?? ''));
    });
  }
  const writing = ([slot, wish]: [TextSlot, Wishing]) => [
    slot,
    (asked: Asked) => {
      const one = wish(asked, log, recipe, wrapper);
      const answer = one && answers.get(`${JSON.stringify(one.schema)}\n${one.prompt.prompt}`);
      return answer === undefined ? undefined : one?.use(answer as Record<string, string>);
    },
  ];
  return Object.fromEntries(wishing.map(writing)) as Writers;
}
