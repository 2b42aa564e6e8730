import { RectuneError } from '../core/errors.js';
import { cellId, MEANINGFUL_CELLS } from '../core/grid.js';
import type { Split } from '../core/instruction.js';
import { Random } from '../core/random.js';
import type { MixPart } from '../core/recipe.js';
import { cellTemplates } from './grid.js';
import { type LoadedRecipe, recipeFolder } from './load-recipe.js';
import { loadTemplate, type Template } from './load-template.js';
import { familyTemplates } from './template-library.js';

/** Templates that are drawn with one weight. */
interface Part {
  readonly weight: number;
  readonly seen: readonly Template[]; // may stand in train
  readonly unseen: readonly Template[]; // in valid and test alone
}

/** The templates of a recipe, and which of them an example is shown in. */
export class Mixture {
  readonly #parts: readonly Part[];
  readonly #seed: number;
  readonly templates: readonly Template[];

  /** Wordings that the log cannot support, with the columns that it lacks; another wording of the same part can do. */
  readonly leftOut: readonly Unsupported[];

  /**
   * missing  columns that a template needs and the log does not have
   * throws   RectuneError 'usage': an unknown template, family or cell, a part without a wording for train, or one that the log cannot support
   */
  constructor(recipe: LoadedRecipe, missing: (template: Template) => readonly string[] = () => []) {
    const leftOut: Unsupported[] = [];
    const named: readonly MixPart[] = recipe.mix ?? [{ template: recipe.template as string, weight: 1 }];
    this.#parts = named.map((part, i) => partOf(part, recipe, recipe.mix ? `mix.${i}` : 'template', missing, leftOut));
    this.leftOut = leftOut;
    this.#seed = recipe.mixSeed ?? 1;
    const all = this.#parts.flatMap(({ seen, unseen }) => [...seen, ...unseen]);
    this.templates = [...new Map(all.map((template) => [template.head.id, template])).values()];
  }

  /**
   * The templates of an example in the order in which they are tried: a part is drawn by weight, a wording of it evenly. In valid and test half of the
   * rows get a wording that train never holds, where there is one.
   */
  order(split: Split, logIndex: number): Iterable<Template> {
    return this.templates.length === 1 ? this.templates : this.#drawn(split, logIndex);
  }

  *#drawn(split: Split, logIndex: number): Generator<Template, void> {
    const random = new Random(this.#seed, `template of line ${logIndex}`);
    for (const { seen, unseen } of drawnByWeight(this.#parts, random)) {
      const unseenFirst = random.uniform() < 0.5;
      const [a, b] = [random.shuffle(seen), random.shuffle(unseen)];
      if (split === 'train') yield* a;
      else if (unseenFirst) yield* [...b, ...a];
      else yield* [...a, ...b];
    }
  }
}

/** A template that the log has not the columns for. */
export interface Unsupported {
  readonly template: string;
  readonly missing: readonly string[];
}

function partOf(
  part: MixPart,
  recipe: LoadedRecipe,
  key: string,
  missing: (template: Template) => readonly string[],
  leftOut: Unsupported[],
): Part {
  const where = `${recipe.file}: ${key}`;
  const all = namesOf(part, where).map((name) => loadTemplate(name, recipeFolder(recipe)));
  if (all.every(({ head }) => head.evaluationOnly)) {
    const what = `${all.map(({ head }) => head.id).join(', ')} is for evaluation only, so train would have no wording`;
    throw new RectuneError('usage', what, where, 'name a template without evaluationOnly, or its family');
  }
  const templates: Template[] = [];
  const lacking: Unsupported[] = [];
  for (const template of all) {
    const columns = missing(template);
    if (columns.length === 0) templates.push(template);
    else lacking.push({ template: template.head.id, missing: columns });
  }
  leftOut.push(...lacking);
  const seen = templates.filter(({ head }) => !head.evaluationOnly);
  if (seen.length === 0) {
    const lacks = [...new Set(lacking.flatMap((one) => one.missing))];
    const what = `the log "${recipe.source}" has no ${lacks.join(', no ')}: ${part.template ?? part.family ?? part.cell} cannot be filled in`;
    const fix = `take it out of mix, or say in columns which attribute has the role; rectune templates ${recipe.source} shows what the log supports`;
    throw new RectuneError('usage', what, where, fix);
  }
  return { weight: part.weight, seen, unseen: templates.filter(({ head }) => head.evaluationOnly) };
}

/** Names of the templates of a part. Throws RectuneError 'usage' for a family or cell that there is not. */
export function namesOf({ template, family, cell }: MixPart, where: string): readonly string[] {
  if (template !== undefined) return [template];
  if (family !== undefined) return familyTemplates(family, where);
  const found = MEANINGFUL_CELLS.find((one) => cellId(one) === cell);
  if (found) return cellTemplates(found);
  throw new RectuneError('usage', `the cell ${cell} means nothing`, where, 'choose one that rectune templates lists');
}

/** All parts, one after the other, each drawn by its weight among those that are left. */
function drawnByWeight(parts: readonly Part[], random: Random): Part[] {
  const left = [...parts];
  const drawn: Part[] = [];
  while (left.length > 0) {
    let point = random.uniform() * left.reduce((sum, { weight }) => sum + weight, 0);
    let at = left.findIndex(({ weight }) => {
      point -= weight;
      return point < 0;
    });
    if (at < 0) at = left.length - 1;
    drawn.push(...left.splice(at, 1));
  }
  return drawn;
}
