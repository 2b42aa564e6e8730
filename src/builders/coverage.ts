import { type GridCell, MEANINGFUL_CELLS } from '../core/grid.js';
import type { Item, User } from '../core/interaction.js';
import { TASKS } from '../core/template.js';
import type { Roles } from './column-roles.js';
import { cellTemplates } from './grid.js';
import { loadTemplate, type Template } from './load-template.js';

/** What a log has to make texts from. */
export interface LogFields {
  readonly roles: Roles;
  readonly items: ReadonlySet<string>; // attributes of items
  readonly users: ReadonlySet<string>;
  readonly rating: boolean;
}

/** Slots whose texts are not made by the rule, because somebody else writes them. */
export type Written = ReadonlySet<string>;

/**
 * The columns that a template needs and the log does not have, each once; none: the log supports it.
 *
 * written  slots that a model or an import fills
 */
export function missingColumns(template: Template, log: LogFields, written: Written = new Set()): string[] {
  const missing = new Set<string>();
  for (const field of template.head.fields) {
    if (hasRole(field) ? log.roles[field] === undefined : !log.items.has(field)) missing.add(`item ${field}`);
  }
  for (const field of template.head.userFields) if (!log.users.has(field)) missing.add(`user ${field}`);
  const rated =
    template.slots.has('stars') || template.places.has('stars') || TASKS[template.head.task].alternatives === 'stars';
  if (rated && !log.rating) missing.add('rating');
  for (const [slot, roles] of Object.entries(ROLES_OF_SLOTS)) {
    if (!template.slots.has(slot) || written.has(slot)) continue;
    if (roles.every((role) => log.roles[role] === undefined)) missing.add(roles.join(' or '));
  }
  return [...missing];
}

/** Whether a field is printed by its role in the log, whatever the log calls it. */
export function hasRole(field: string): field is 'category' {
  return field === 'category';
}

/** What the rule of each slot is made from: one of these is enough. */
const ROLES_OF_SLOTS: Readonly<Record<string, readonly (keyof Roles)[]>> = {
  preference: ['category'],
  vagueIntention: ['review'],
  specificIntention: ['category', 'tags'],
  reasoning: ['category'],
  profile: ['category'],
  explanation: ['review'],
  feature: ['review'],
  review: ['review'],
  headline: ['headline'],
};

/** A cell of the grid and what the log lacks for it. */
export interface CoveredCell {
  readonly cell: GridCell;
  readonly missing: readonly string[]; // columns; none: supported
}

export function gridCoverage(log: LogFields, written?: Written): CoveredCell[] {
  return MEANINGFUL_CELLS.map((cell) => {
    const [first] = cellTemplates(cell);
    return { cell, missing: missingColumns(loadTemplate(first as string, '.'), log, written) };
  });
}

/** Names of the attributes that at least one item or user has. */
export function attributesOf(rows: Iterable<Item | User>): Set<string> {
  const names = new Set<string>();
  for (const { attributes } of rows) for (const name of Object.keys(attributes)) names.add(name);
  return names;
}
