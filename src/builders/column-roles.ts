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
 */
export function columnRoles(named: ColumnRoles, items: ReadonlySet<string>, interactions: ReadonlySet<string>): Roles {
  const find = (role: keyof ColumnRoles, known: ReadonlySet<string>): string | undefined =>
    named[role] ?? USUAL[role].find((name) => known.has(name));
  return {
    category: find('category', items),
    tags: find('tags', items),
    headline: find('headline', interactions),
    review: find('review', interactions),
  };
}
