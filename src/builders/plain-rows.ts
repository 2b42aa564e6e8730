import type { Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import type { MadeRow } from '../core/made-row.js';
import { type DatasetRecipe, ItemWords } from '../core/recipe.js';
import type { DatasetPlan } from './dataset-plan.js';
import { type ExamplePlace, isLiked } from './examples.js';
import type { ItemTexts } from './item-texts.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import { layoutOf, type PlainExample, PlainPrompts } from './plain-prompts.js';
import type { ItemText } from './render.js';
import type { OwnRows } from './user-rows.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const UNKNOWN = 2; // whether an interaction was liked

/**
 * Rows of versions that ask for one judgement about what the log itself says, as TALLRec's windows do: they need no example as an object, and
 * their prompts are put together from pieces that were printed before. The rows are those that render-rows.ts makes of any other version; a test compares the two.
 */
export class PlainRows {
  readonly #plan: DatasetPlan;
  readonly #template: Template;
  readonly #labels: readonly [string, string];
  readonly #prompts: PlainPrompts;
  #user = -1;
  #interactions: readonly Interaction[] = [];
  #lines = new Uint32Array() as OwnRows['lines'];
  readonly #example: Mutable<PlainExample> = {
    items: new Uint32Array(),
    likes: new Uint8Array(),
    begin: 0,
    end: 0,
    target: 0,
  };

  /** undefined: rows of this version need more. */
  static of(plan: DatasetPlan, wrapper: Wrapper): PlainRows | undefined {
    const { mixture, recipe } = plan;
    const [template, another] = mixture.templates;
    if (template === undefined || another !== undefined || recipe.negatives !== undefined) return undefined;
    if (template.head.task !== 'judgement' || template.labels === null || !template.hasFixedLabels) return undefined;
    const layout = layoutOf(template, wrapper);
    if (layout === undefined) return undefined;
    const texts: ItemTexts = plan.textsFor(template);
    const textOf = (item: number): ItemText => texts.find(plan.sequences.itemId(item)) as ItemText;
    const words = ItemWords.parse(recipe.words ?? {});
    const prompts = new PlainPrompts(layout, plan.sequences.itemCount, textOf, words);
    return new PlainRows(plan, template, template.labels, prompts);
  }

  private constructor(plan: DatasetPlan, template: Template, labels: readonly [string, string], prompts: PlainPrompts) {
    this.#plan = plan;
    this.#template = template;
    this.#labels = labels;
    this.#prompts = prompts;
  }

  /** Makes the row of an example that has a history. */
  fill(row: MadeRow, { user, begin, end, target }: ExamplePlace, split: Split, number: number): void {
    if (user !== this.#user) this.#take(user);
    const example = this.#example;
    const { likes } = example;
    const asked = this.#interactions[target] as Interaction;
    const { label } = this.#plan.recipe;
    this.#judge(target, label);
    for (let place = begin; place < end; place++) this.#judge(place, label);
    example.begin = begin;
    example.end = end;
    example.target = target;
    const shown = this.#prompts.fill(row, example);
    row.makeRoom(shown.length);
    for (let i = 0; i < shown.length; i++) {
      const place = begin + (shown[i] as number);
      row.labels[i] = likes[place] as number;
      row.lines[i] = this.#lines[place] as number;
    }
    row.lineCount = shown.length;
    row.labelCount = shown.length;
    row.row = number;
    row.split = split;
    row.userId = asked.userId;
    row.itemId = asked.itemId;
    row.itemNumber = example.items[target] as number;
    row.label = likes[target] === 1;
    row.choices = this.#labels;
    row.scored = 'first-token';
    row.candidates = null;
    row.answer = this.#labels[row.label ? 0 : 1];
    row.templateId = this.#template.head.id;
    row.templateVersion = this.#template.head.version;
    row.target = asked.logIndex;
  }

  #take(user: number): void {
    const { sequences } = this.#plan;
    this.#user = user;
    this.#interactions = sequences.sequence(user).interactions;
    const { items, lines } = sequences.rows(user);
    this.#example.items = items;
    this.#lines = lines;
    this.#example.likes = new Uint8Array(this.#interactions.length).fill(UNKNOWN);
  }

  #judge(place: number, rule: DatasetRecipe['label']): void {
    const { likes } = this.#example;
    if (likes[place] === UNKNOWN) likes[place] = Number(isLiked(this.#interactions[place] as Interaction, rule));
  }
}
