import { RectuneError } from '../../core/errors.js';
import type { Item } from '../../core/interaction.js';
import { type Finding, finding } from '../../core/lint.js';
import type { ColumnRoles, ExampleRule } from '../../core/recipe.js';
import { attributesOf } from '../coverage.js';
import { type LoadedRecipe, loadRecipe, recipeFolder } from '../load-recipe.js';
import type { Template } from '../load-template.js';
import { loadWrapper } from '../load-wrapper.js';
import { namesOf } from '../mixture.js';
import { columnFindings, type LoadedPart } from './lint-columns.js';
import { isCounted, lintTemplate, twinFindings } from './lint-template.js';

/** What a log says of itself, as far as rules ask; undefined: the log is not imported. */
export interface LintedLog {
  readonly items: ReadonlyMap<string, Item>;
  readonly hasTimes: boolean;
  readonly hasRatings: boolean;
  readonly ofUsers: ReadonlySet<string>; // names of the attributes that users have
  readonly ofInteractions: ReadonlySet<string>;
}

/** A recipe with its templates, as far as they load, and what is wrong with them. */
export interface LintedRecipe {
  readonly recipe: LoadedRecipe | undefined;
  readonly templates: readonly Template[];
  readonly findings: readonly Finding[];
}

/** logOf  the imported log of a source */
export function lintRecipe(path: string, logOf: (sourceId: string) => LintedLog | undefined): LintedRecipe {
  const findings: Finding[] = [];
  const refused = (error: unknown): void => {
    if (!(error instanceof RectuneError)) throw error;
    findings.push(finding('invalid-recipe', error.where, error.message, error.fix));
  };
  let recipe: LoadedRecipe;
  try {
    recipe = loadRecipe(path);
  } catch (error) {
    refused(error);
    return { recipe: undefined, templates: [], findings };
  }
  const wrapper = loadWrapper(recipe.wrapper);
  const parts: LoadedPart[] = [];
  const templates = new Map<string, Template>();
  for (const [i, part] of (recipe.mix ?? [{ template: recipe.template as string, weight: 1 }]).entries()) {
    let names: readonly string[];
    try {
      names = namesOf(part, `${recipe.file}: mix.${i}`);
    } catch (error) {
      refused(error);
      continue;
    }
    const linted = names.map((name) => lintTemplate(name, recipeFolder(recipe), wrapper));
    findings.push(...linted.flatMap((one) => one.findings));
    const loaded = linted.flatMap(({ template }) => template ?? []);
    for (const template of loaded) templates.set(template.head.id, template);
    parts.push({ part, key: recipe.mix ? `mix.${i}` : 'template', templates: loaded });
    if (part.template === undefined && loaded.length > 0 && !loaded.some(({ head }) => head.evaluationOnly)) {
      findings.push(
        finding(
          'no-unseen-wording',
          `${recipe.file}: mix.${i}`,
          `${part.family ?? part.cell} has no wording for evaluation only`,
          'mark one wording evaluationOnly: true, so that seen and unseen wordings can be compared',
        ),
      );
    }
  }
  const all = [...templates.values()];
  findings.push(...twinFindings(all, wrapper), ...labelSets(all, recipe.file));
  const offering = all.filter(({ slots }) => slots.has('candidates'));
  if (offering.length > 0 && recipe.candidates === undefined) {
    findings.push(
      finding(
        'no-candidates',
        `${recipe.file}: candidates`,
        `${offering.length} templates print candidates, such as ${offering[0]?.head.id}, and the recipe draws none`,
        'add candidates: {negatives: 9}: a list whose order is drawn and kept',
      ),
    );
  }
  const log = logOf(recipe.source);
  if (log) findings.push(...columnFindings(recipe, parts, log));
  findings.push(...logFindings(recipe, log, recipe.file));
  return { recipe, templates: all, findings };
}

/** Rules on what a recipe takes of a log, of a recipe's file or of a sealed version. */
export function logFindings(
  recipe: { readonly examples: ExampleRule; readonly columns?: ColumnRoles | undefined },
  log: LintedLog | undefined,
  where: string,
): Finding[] {
  const findings: Finding[] = [];
  for (const [role, attribute] of Object.entries(recipe.columns ?? {})) {
    if (attribute === undefined || !isCounted(attribute)) continue;
    findings.push(
      finding(
        'future-field',
        `${where}: columns.${role}`,
        `"${attribute}" is by its name counted over the whole log`,
        'name an attribute that was known before the target',
      ),
    );
  }
  if (recipe.examples.order.kind === 'shuffled' && log?.hasTimes) {
    findings.push(
      finding(
        'unstable-order',
        `${where}: examples.order`,
        'histories are shuffled, and the log has times',
        'write order: {kind: time}',
      ),
    );
  }
  if (log === undefined) return findings;
  const attributes = attributesOf(log.items.values());
  const tags = recipe.columns?.tags ?? 'tags';
  if (attributes.has(tags) && !attributes.has('tagTimes')) {
    findings.push(
      finding(
        'undated-tags',
        `${where}: columns.tags`,
        `items have "${tags}", and the log does not say when these were put there: some come after the target`,
        'give the tag file its time column in source.yaml, or use no slot that is made from tags',
      ),
    );
  }
  const html = [...log.items.values()].filter(({ title }) => HTML.test(title));
  const [first] = html;
  if (first) {
    findings.push(
      finding(
        'html-title',
        `item ${first.itemId}`,
        `${html.length} titles hold HTML, such as ${JSON.stringify(first.title)}`,
        'add html: decode to the items of source.yaml (or clean the file), and import the log again',
      ),
    );
  }
  return findings;
}

const HTML =
  /&(#\d+|#x[0-9a-f]+|amp|lt|gt|quot|apos|nbsp|[a-z]+(acute|grave|uml|circ|tilde|cedil));|<\/?(b|i|em|strong|br|p|span|div|a|sup|sub|font)\b[^>]*>/i;

function labelSets(templates: readonly Template[], where: string): Finding[] {
  const sets = new Map<string, string>();
  for (const { labels, head } of templates) {
    if (labels && !sets.has(labels.join(' / '))) sets.set(labels.join(' / '), head.id);
  }
  if (sets.size < 2) return [];
  const named = [...sets].map(([labels, id]) => `${labels} (${id})`).join(', ');
  return [
    finding(
      'mixed-labels',
      where,
      `judgements have ${sets.size} pairs of label words: ${named}`,
      'use one pair, or report and evaluate each by itself',
    ),
  ];
}
