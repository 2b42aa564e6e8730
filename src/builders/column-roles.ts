import { nearestWord, RectuneError } from '../core/errors.js';
import type { ColumnRoles } from '../core/recipe.js';

/** Attributes that mean the same in many logs, in the order in which they are looked for. */
const USUAL: Readonly<Record<keyof ColumnRoles, readonly string[]>> = {
  category: ['category', 'categories', 'genres', 'genre'],
  tags: ['tags'],
  headline: ['headline', 'summary', 'title'],
  review: ['review', 'reviewText', 'body', 'text'],
};

/** Which attribute has which role in a log; undefined: the log has none. */
export type Roles = { readonly [Role in keyof ColumnRoles]-?: string | undefined };

/**
 * items, interactions  names of the attributes that the log has
 * where                what an error names
 * throws               RectuneError 'usage' when a named attribute is none of them
 */
export function columnRoles(
  named: ColumnRoles,
  items: ReadonlySet<string>,
  interactions: ReadonlySet<string>,
  where = 'columns',
): Roles {
  const find = (role: keyof ColumnRoles, known: ReadonlySet<string>): string | undefined => {
    const name = named[role];
    if (name === undefined) return USUAL[role].find((usual) => known.has(usual));
    if (known.has(name)) return name;
    const near = nearestWord(name, [...known]);
    const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${[...known].join(', ') || 'none: the log has no attributes there'}`;
    throw new RectuneError('usage', `the log has no attribute "${name}"`, `${where}.${role}`, fix);
  };
  return {
    category: find('category', items),
    tags: find('tags', items),
    headline: find('headline', interactions),
    review: find('review', interactions),
  };
}
