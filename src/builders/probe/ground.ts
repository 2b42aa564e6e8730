import { join } from 'node:path';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { type Instruction, type InstructionLine, instructionLine } from '../../core/instruction.js';
import type { Interaction, Item } from '../../core/interaction.js';
import { DatasetRecipe, ItemWords, type TextWriter } from '../../core/recipe.js';
import { packageRoot } from '../../platform/files.js';
import type { Store } from '../../store/store.js';
import { type DatasetPlan, planDataset } from '../dataset-plan.js';
import { type Example, isLiked } from '../examples.js';
import { ItemTexts } from '../item-texts.js';
import { findRecipe, type LoadedRecipe } from '../load-recipe.js';
import type { Template } from '../load-template.js';
import { loadWrapper, type Wrapper } from '../load-wrapper.js';
import { renderExample } from '../render.js';
import { showExample, type Writers } from '../show-example.js';
import { makeWriters } from '../writers.js';

/** A row of test, and the example of the log that it was made from. */
export interface ProbedRow {
  readonly instruction: Instruction;
  readonly example: Example;
  readonly label: boolean; // of the target
  readonly template: Template;
}

/** In what a form differs from the row as it is. */
export interface Change {
  readonly template?: Template;
  readonly history?: readonly Interaction[];
  readonly candidates?: readonly string[];
  readonly target?: string; // an item in the place of the target
  readonly swapsLikes?: boolean; // what was liked is shown as disliked, and the other way round, stars mirrored on their scale
  readonly titles?: ReadonlyMap<string, string>; // in the place of which title each stands
}

/** Why rows cannot be shown in other forms, for people. */
export interface NoGround {
  readonly reason: string;
}

/** A version's rows of test with the examples that they show, so that they can be shown in other forms. */
export class ProbeGround {
  readonly plan: DatasetPlan;
  readonly #version: DatasetVersion;
  readonly #store: Store;
  readonly #wrapper: Wrapper;
  readonly #writers: Writers;
  readonly #unwritten: ReadonlySet<string>; // slots whose texts a model wrote
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #exchanged = new Map<string, ItemTexts>();

  private constructor(
    store: Store,
    version: DatasetVersion,
    plan: DatasetPlan,
    wrapper: Wrapper,
    writers: Writers,
    unwritten: ReadonlySet<string>,
  ) {
    this.#store = store;
    this.#version = version;
    this.plan = plan;
    this.#wrapper = wrapper;
    this.#writers = writers;
    this.#unwritten = unwritten;
    this.#templates = new Map(plan.mixture.templates.map((template) => [template.head.id, template]));
  }

  /**
   * recipe  its file, from which templates of one's own are seen; undefined: the version shows templates of the package alone
   * returns the reason, when the log or a template is not what the version was made from
   */
  static async open(
    store: Store,
    version: DatasetVersion,
    recipe: string | undefined,
  ): Promise<ProbeGround | NoGround> {
    const source = store.sources.find(version.sourceId);
    if (source === undefined)
      return { reason: `the log "${version.sourceId}" is not in this studio: rectune import it` };
    if (source.hash !== version.sourceHash)
      return {
        reason: `the log "${version.sourceId}" was imported again with other content since the version was built`,
      };
    const parsed = DatasetRecipe.safeParse(version.recipe);
    if (!parsed.success) return { reason: 'the recipe of the version was written by another release' };
    const file = recipe === undefined ? join(packageRoot(), 'recipes', 'none.yaml') : findRecipe(recipe);
    const loaded: LoadedRecipe = { ...parsed.data, train: {}, file };
    try {
      const plan = planDataset(store, loaded);
      const changed = plan.mixture.templates.find(({ head, hash }) =>
        version.templates.every((known) => known.id !== head.id || known.hash !== hash),
      );
      if (changed) return { reason: `the template ${changed.head.id} is not what it was when the version was built` };
      const wrapper = loadWrapper(plan.recipe.wrapper);
      if (version.templates.every(({ hash }) => hash !== wrapper.hash))
        return { reason: `the wrapper ${wrapper.head.id} is not what it was when the version was built` };
      const entries = Object.entries(loaded.texts ?? {}) as [string, TextWriter][];
      const unwritten = new Set(entries.filter(([, by]) => by === 'model').map(([slot]) => slot));
      const texts = Object.fromEntries(entries.filter(([, by]) => by !== 'model'));
      const withoutModel = { ...loaded, texts } as LoadedRecipe;
      const { writers } = await makeWriters(store, withoutModel, plan.log, wrapper, undefined, () => {});
      return new ProbeGround(store, version, plan, wrapper, writers, unwritten);
    } catch (error) {
      if (!(error instanceof RectuneError)) throw error;
      return { reason: `${error.message} (${error.where}); ${error.fix}` };
    }
  }

  /** The template of a row of test, as its texts are told apart; undefined: rows of it are not shown in other forms. */
  templateOf({ templateId }: Instruction): Template | undefined {
    const template = this.#templates.get(templateId);
    return template && [...template.slots].some((slot) => this.#unwritten.has(slot)) ? undefined : template;
  }

  /**
   * The examples of rows, each of which is shown to make the very text of its row.
   *
   * returns  by row; without those whose text a curation changed, and those without a template (templateOf)
   * throws   Error when a row that nothing changed is not made again
   */
  rows(instructions: readonly Instruction[]): Map<number, ProbedRow> {
    const byTarget = new Map<number, Instruction[]>();
    for (const instruction of instructions) {
      const known = byTarget.get(instruction.target);
      if (known) known.push(instruction);
      else byTarget.set(instruction.target, [instruction]);
    }
    const rows = new Map<number, ProbedRow>();
    const mayDiffer =
      this.#version.curation?.steps.some(({ changed }) => changed.test > 0) === true || this.#wasCurated();
    for (const { example, split } of this.plan.placedExamples()) {
      if (split !== 'test') continue;
      for (const instruction of byTarget.get(example.target.logIndex) ?? []) {
        const template = this.templateOf(instruction);
        if (template === undefined) continue;
        const row = rowOf(instruction, example, template, this.plan.recipe);
        if (isSame(this.form(row, {}), instructionLine(instruction, { ownAnswers: true })))
          rows.set(instruction.row, row);
        else if (!mayDiffer) {
          const { row: number, templateId } = instruction;
          throw new Error(`row ${number} of test is not made again from its example, by template ${templateId}`);
        }
      }
    }
    return rows;
  }

  /** Whether a version before this one was curated: its steps may have changed texts, too. */
  #wasCurated(): boolean {
    const parent = this.#version.curation?.parent;
    if (parent === undefined) return false;
    const known = this.#store.versions.find(parent);
    return known === undefined || known.curation !== undefined;
  }

  /** A row in another form, as models read it; undefined: it has none. */
  form(row: ProbedRow, change: Change): InstructionLine | undefined {
    const { plan } = this;
    const { recipe, log } = plan;
    const { instruction, label } = row;
    const template = change.template ?? row.template;
    const history = change.history ?? row.example.history;
    const { target } = row.example;
    const example = {
      ...row.example,
      target: change.target === undefined ? target : { ...target, itemId: change.target },
      history: change.swapsLikes ? history.map((one) => mirrored(one, log.scale)) : history,
    };
    const liked = new Map(history.map((one) => [one.logIndex, isLiked(one, recipe.label)]));
    const shown = showExample(template, example, label, 'test', this.#textsFor(template, change.titles), {
      log,
      recipe,
      words: ItemWords.parse(recipe.words ?? {}),
      writers: this.#writers,
      showsNoHistory: change.history !== undefined,
      isLiked: ({ logIndex }) => (liked.get(logIndex) === true) !== (change.swapsLikes === true),
      candidates: () => change.candidates ?? instruction.candidates ?? undefined,
    });
    if (!('example' in shown)) return undefined;
    const {
      prompt,
      answer,
      choices,
      scored,
      values,
      history: ranges,
    } = renderExample(template, this.#wrapper, shown.example);
    return instructionLine(
      { ...instruction, prompt, answer, choices, scored, values, history: ranges },
      { ownAnswers: true },
    );
  }

  #textsFor(template: Template, titles: ReadonlyMap<string, string> | undefined): ItemTexts {
    if (titles === undefined) return this.plan.textsFor(template);
    const key = template.head.fields.join();
    const known = this.#exchanged.get(key);
    if (known) return known;
    const { log, source } = this.plan;
    const items = new Map<string, Item>();
    for (const [id, item] of log.items) items.set(id, { ...item, title: titles.get(item.title) ?? item.title });
    const made = new ItemTexts(items, template.head.fields, source.id, log.roles);
    this.#exchanged.set(key, made);
    return made;
  }
}

/** The example as the row shows it: of a judgement about an item that was drawn, that item is the target. */
function rowOf(instruction: Instruction, example: Example, template: Template, recipe: DatasetRecipe): ProbedRow {
  const { itemId } = instruction;
  const target = example.target.itemId === itemId ? example.target : { ...example.target, itemId };
  const label = instruction.label ?? isLiked(example.target, recipe.label);
  return { instruction, example: { ...example, target }, label, template };
}

function isSame(made: InstructionLine | undefined, stored: InstructionLine): boolean {
  return made !== undefined && JSON.stringify(made) === JSON.stringify(stored);
}

/** The rating at the other end of the log's scale. */
function mirrored(one: Interaction, scale: readonly string[]): Interaction {
  const at = one.rating === null ? -1 : scale.indexOf(String(one.rating));
  return at < 0 ? one : { ...one, rating: Number(scale[scale.length - 1 - at]) };
}
