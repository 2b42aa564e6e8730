import type { Split } from '../core/instruction.js';
import type { Interaction, Item } from '../core/interaction.js';
import type { DatasetRecipe, ItemWords } from '../core/recipe.js';
import type { TextSlot } from '../core/slots.js';
import { TASKS } from '../core/template.js';
import type { Example } from './examples.js';
import type { ItemTexts } from './item-texts.js';
import type { Template } from './load-template.js';
import type { LogKnowledge } from './log-knowledge.js';
import { type ItemText, letterOf, MOST_LETTERS, type ShownExample } from './render.js';
import { collaborativeEvidence } from './slots/collaborative.js';
import { explain } from './slots/explanation.js';
import { itemKnowledge, itemProfile, userKnowledge, userProfile } from './slots/knowledge.js';
import { headlineOf, reviewOf, specificNeed, vagueNeed } from './slots/need.js';
import { thoughts } from './slots/reasoning.js';
import { type Judged, tasteInWords } from './slots/taste.js';

/** What the slots of an example are filled from. */
export interface Material {
  readonly log: LogKnowledge;
  readonly recipe: DatasetRecipe;
  readonly words: ItemWords; // what templates call the items
  readonly writers: Writers;
  readonly showsNoHistory: boolean; // whether a template that prints the history takes an example that has none
  /** Whether an interaction of the history counts as liked. */
  isLiked(interaction: Interaction): boolean;
  /** The candidate list that a template shows of an example, target included; undefined: the recipe draws none. */
  candidates(example: Example, template: Template): readonly string[] | undefined;
}

/** What a writer answers when the rule is to write the text after all. */
export const BY_RULE: unique symbol = Symbol('by rule');

/** Texts that are not made by a rule: from a model, or imported. A slot without a writer goes by rule. */
export type Writers = Partial<Record<TextSlot, (asked: Asked) => string | typeof BY_RULE | undefined>>;

/** What a writer is asked about. */
export interface Asked {
  readonly example: Example;
  readonly template: Template;
  readonly shown: ShownExample; // without the text that is asked for
  readonly judged: readonly Judged[];
  readonly split: Split;
}

/** An example ready to be rendered, or the reason why the template can make no row of it. */
export type Shown =
  | { readonly example: ShownExample; readonly candidates: readonly string[] | null }
  | { readonly missing: string };

/** What an example lacks whose task asks about liked targets alone. */
export const NOT_LIKED = 'a target that was liked';

/**
 * Fills in what a template asks for.
 *
 * label  of the target, as the recipe's label rule has it
 * texts  of the items by the template's own fields
 */
export function showExample(
  template: Template,
  example: Example,
  label: boolean,
  split: Split,
  texts: ItemTexts,
  material: Material,
): Shown {
  const { log } = material;
  const task = TASKS[template.head.task];
  const target = texts.find(example.target.itemId);
  if (target === undefined) return { missing: `target without ${texts.lacks(example.target.itemId)}` };
  if (task.likedTargets && !label) return { missing: NOT_LIKED };
  if (
    !material.showsNoHistory &&
    example.history.length === 0 &&
    HISTORY_SLOTS.some((name) => template.slots.has(name))
  )
    return { missing: 'history' };
  const withStars = template.places.has('stars') || textSlotsOf(template).length > 0; // of what is printed, or handed to a writer
  const history = shownHistory(example.history, texts, material, withStars);
  const shown: Mutable<ShownExample> = {
    history,
    target,
    label,
    itemWord: material.words.item,
    itemWords: material.words.items,
  };
  if (template.places.has('stars') && example.history.some(({ rating }) => rating === null))
    return { missing: 'rating' };
  if (template.slots.has('stars') || task.alternatives === 'stars') {
    if (example.target.rating === null) return { missing: 'rating' };
    shown.stars = String(example.target.rating);
    shown.scale = log.scale;
  }
  const user = userOf(template, example, log);
  if (user !== undefined && 'missing' in user) return user;
  if (user) shown.user = user.fields;
  const candidates = candidatesOf(template, example, texts, material);
  if (candidates !== undefined && 'missing' in candidates) return candidates;
  if (candidates) {
    shown.candidates = candidates.ids.map((id) => texts.find(id) as ItemText);
    shown.chosen = candidates.ids.indexOf(example.target.itemId);
  }
  const written = textsOf(template, example, shown, split, candidates?.ids ?? [], material);
  if ('missing' in written) return written;
  shown.texts = written.texts;
  return { example: shown, candidates: candidates?.ids ?? null };
}

type ShownItems = ShownExample['history'];

let lastHistory:
  | {
      readonly history: Example['history'];
      readonly shown: ShownItems;
      readonly texts: ItemTexts;
      readonly material: Material;
      readonly withStars: boolean;
    }
  | undefined;

/** The items of a history. Most histories are the one before without its first, with one behind it: what was made for that is used again. */
function shownHistory(
  history: Example['history'],
  texts: ItemTexts,
  material: Material,
  withStars: boolean,
): ShownItems {
  const isAlike =
    lastHistory?.texts === texts && lastHistory.material === material && lastHistory.withStars === withStars;
  const last = isAlike ? lastHistory : undefined;
  const shift = last === undefined ? 0 : last.history[0] === history[0] ? 0 : 1;
  const shown = new Array<ShownItems[number]>(history.length);
  for (let i = 0; i < history.length; i++) {
    const one = history[i] as Interaction;
    if (last !== undefined && last.history[i + shift] === one) {
      shown[i] = last.shown[i + shift] as ShownItems[number];
      continue;
    }
    const item = texts.find(one.itemId) as ItemText;
    const liked = material.isLiked(one);
    shown[i] = withStars && one.rating !== null ? { item, liked, stars: String(one.rating) } : { item, liked };
  }
  lastHistory = { history, shown, texts, material, withStars };
  return shown;
}

/** Slots that are made of the history. */
export const HISTORY_SLOTS = ['history', 'liked', 'disliked', 'preference', 'collaborative'];

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function userOf(
  template: Template,
  { userId }: Example,
  log: LogKnowledge,
): { fields: Record<string, string> } | { missing: string } | undefined {
  if (!template.slots.has('user')) return undefined;
  const attributes = log.users.get(userId)?.attributes ?? {};
  const fields: Record<string, string> = {};
  for (const field of template.head.userFields) {
    const value = Object.hasOwn(attributes, field) ? (attributes[field] as string) : '';
    if (value.trim() === '') return { missing: `user.${field}` };
    fields[field] = value;
  }
  return { fields };
}

function candidatesOf(
  template: Template,
  example: Example,
  texts: ItemTexts,
  material: Material,
): { ids: readonly string[] } | { missing: string } | undefined {
  if (TASKS[template.head.task].alternatives !== 'candidates') return undefined;
  const ids = material.candidates(example, template);
  if (ids === undefined) return template.head.task === 'matching' ? undefined : { missing: 'candidates' };
  if (ids.length < 2) return { missing: 'candidates' };
  const lettered =
    template.places.has('letter') || template.answerPlaces.has('letter') || template.answerSlots.has('order');
  if (lettered && ids.length > MOST_LETTERS) return { missing: `letters for ${ids.length} candidates` };
  const untold = ids.find((id) => texts.find(id) === undefined);
  return untold === undefined ? { ids } : { missing: `candidate without ${texts.lacks(untold)}` };
}

const NO_TEXTS = { texts: {} };
const textSlots = new WeakMap<Template, readonly TextSlot[]>();

function textSlotsOf(template: Template): readonly TextSlot[] {
  const known = textSlots.get(template);
  if (known !== undefined) return known;
  const slots = TEXT_SLOTS.filter((slot) => template.slots.has(slot));
  textSlots.set(template, slots);
  return slots;
}

/** The texts that the template prints. */
function textsOf(
  template: Template,
  example: Example,
  shown: ShownExample,
  split: Split,
  candidates: readonly string[],
  material: Material,
): { texts: Partial<Record<TextSlot, string>> } | { missing: string } {
  const slots = textSlotsOf(template);
  if (slots.length === 0) return NO_TEXTS;
  const { writers, log } = material;
  const judged = example.history.flatMap((one, i): Judged[] => {
    const item = log.items.get(one.itemId);
    return item ? [{ item, liked: shown.history[i]?.liked === true }] : [];
  });
  const texts: Partial<Record<TextSlot, string>> = {};
  for (const slot of slots) {
    const writer = writers[slot];
    const written = writer ? writer({ example, template, shown: { ...shown, texts }, judged, split }) : BY_RULE;
    const text = written === BY_RULE ? RULES[slot]({ template, example, judged, candidates, material }) : written;
    if (text === undefined || text.trim() === '') return { missing: slot };
    texts[slot] = text;
  }
  return { texts };
}

interface RuleInput {
  readonly template: Template;
  readonly example: Example;
  readonly judged: readonly Judged[];
  readonly candidates: readonly string[];
  readonly material: Material;
}

const isOfItem = (template: Template): boolean => template.head.task === 'item-knowledge';
const targetOf = ({ example, material }: RuleInput): Item => material.log.items.get(example.target.itemId) as Item;

/** How each text is made from the log alone. In this order, because thoughts look at the needs. */
const RULES: Readonly<Record<TextSlot, (input: RuleInput) => string | undefined>> = {
  preference: ({ judged, material: { log } }) => tasteInWords(judged, log),
  vagueIntention: (input) => vagueNeed(input.example.target, targetOf(input), input.material.log),
  specificIntention: (input) => specificNeed(input.example.target, targetOf(input), input.material.log),
  collaborative: ({ example, material: { log } }) => collaborativeEvidence(example, log.train),
  reasoning: (input) => {
    const { template, judged, candidates, material } = input;
    const { log } = material;
    const item = (id: string): Item => log.items.get(id) as Item;
    const shown =
      template.head.task === 'judgement' || template.head.task === 'rating'
        ? [{ item: targetOf(input), letter: undefined }]
        : template.slots.has('candidates')
          ? candidates.map((id, i) => ({ item: item(id), letter: letterOf(i) }))
          : [];
    const showsHistory = ['history', 'liked', 'disliked', 'preference'].some((name) => template.slots.has(name));
    const need = showsHistory ? undefined : shownNeed(input);
    return thoughts({ history: judged, need, shown }, log);
  },
  explanation: ({ template, example, material: { log } }) =>
    explain(example.target, log, template.promptSlots.has('headline'))?.sentence,
  feature: ({ template, example, material: { log } }) =>
    explain(example.target, log, template.promptSlots.has('headline'))?.feature,
  headline: ({ example, material: { log } }) => headlineOf(example.target, log.roles),
  review: ({ example, material: { log } }) => reviewOf(example.target, log.roles),
  knowledge: (input) =>
    isOfItem(input.template)
      ? itemKnowledge(targetOf(input), input.material.log)
      : userKnowledge(input.judged, input.material.log),
  profile: (input) =>
    isOfItem(input.template)
      ? itemProfile(targetOf(input), input.material.log)
      : userProfile(input.judged, input.material.log),
  factors: ({ material: { recipe } }) => recipe.factors?.join(', '),
};

const TEXT_SLOTS = Object.keys(RULES) as TextSlot[];

/** What the prompt itself says of the need, as words of categories; more than it says would give the target away. */
function shownNeed(input: RuleInput): string | undefined {
  const { template, example, material } = input;
  const { log } = material;
  if (template.slots.has('specificIntention')) return specificNeed(example.target, targetOf(input), log);
  const text = vagueNeed(example.target, targetOf(input), log)?.toLowerCase() ?? '';
  const named = log.categories.filter((category) => text.includes(category.toLowerCase()));
  return named.length === 0 ? undefined : named.join(', ');
}
