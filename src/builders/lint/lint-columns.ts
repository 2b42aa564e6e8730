import { RectuneError } from '../../core/errors.js';
import { type Finding, finding } from '../../core/lint.js';
import type { MixPart } from '../../core/recipe.js';
import { columnRoles, type Roles } from '../column-roles.js';
import { attributesOf, missingColumns } from '../coverage.js';
import type { LoadedRecipe } from '../load-recipe.js';
import type { Template } from '../load-template.js';
import { writtenSlots } from '../writers.js';
import type { LintedLog } from './lint-recipe.js';

/** A part of a mixture, or the only template, with those of its templates that load. */
export interface LoadedPart {
  readonly part: MixPart;
  readonly key: string; // where it stands in the recipe
  readonly templates: readonly Template[];
}

/** What a recipe asks of its log, and the log does not have: parts of which no wording for train is left, columns, ratings. */
export function columnFindings(recipe: LoadedRecipe, parts: readonly LoadedPart[], log: LintedLog): Finding[] {
  const { file, source, label } = recipe;
  const findings: Finding[] = [];
  const add = (key: string, what: string, fix: string): void =>
    void findings.push(finding('missing-column', `${file}: ${key}`, what, fix));
  if (label?.kind === 'rating-above' && !log.hasRatings)
    add('label', `the log "${source}" has no ratings`, 'write label: { kind: implicit }, or a rule on an attribute');
  const needs = (key: string, attribute: string): void => {
    if (log.ofInteractions.has(attribute)) return;
    add(key, `interactions of "${source}" have no "${attribute}"`, `use one of ${listed(log.ofInteractions)}`);
  };
  if (label && 'attribute' in label) needs('label', label.attribute);
  const { targets } = recipe.examples;
  if (targets) needs('examples.targets', targets.attribute);
  const items = attributesOf(log.items.values());
  let roles: Roles;
  try {
    roles = columnRoles(recipe.columns ?? {}, items, log.ofInteractions, `${file}: columns`);
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    return [...findings, finding('missing-column', error.where, error.message, error.fix)];
  }
  const fields = { roles, items, users: log.ofUsers, rating: log.hasRatings };
  for (const { part, key, templates } of parts) {
    const seen = templates.filter(({ head }) => !head.evaluationOnly);
    const lacks = seen.map((template) => missingColumns(template, fields, writtenSlots(recipe)));
    if (seen.length === 0 || lacks.some((columns) => columns.length === 0)) continue;
    const what = `the log "${source}" has no ${[...new Set(lacks.flat())].join(', no ')}: ${part.template ?? part.family ?? part.cell} cannot be filled in`;
    add(key, what, `leave it out, or say in columns which attribute has the role (rectune templates ${source})`);
  }
  return findings;
}

const listed = (names: ReadonlySet<string>): string => [...names].join(', ') || 'none: they have no attributes';
