import { rankOf, type Seen } from './columns.js';
import { type Looked, nameOf } from './log-roles.js';

const OVERLAP = 0.2; // share of the sampled ids of the log that a side table must have, where its names do not say what it is

/** A file of items or users. */
export interface Side {
  readonly one: Looked;
  readonly id: Seen;
  readonly title: Seen | undefined;
  readonly why: string;
}

/** The file whose rows are the items (with titles) or the users of the log: by the name of the id, or by its values. */
export function sideTable(key: Seen, others: readonly Looked[], role: 'item' | 'user'): Side | undefined {
  const ids = new Set(key.values);
  const sides = others.flatMap((one): (Side & { share: number })[] => {
    const title = one.seen
      .filter((column) => column.roles.includes('title') && !column.isNumeric)
      .toSorted((a, b) => rankOf(a, 'title') - rankOf(b, 'title'))[0];
    const other = role === 'item' ? 'user' : 'item';
    if (
      one.seen.some((column) => column.roles.includes(other) && column.distinct > 1 && column !== title) &&
      role === 'item'
    )
      return [];
    const headless = one.names === undefined;
    return one.seen.flatMap((column) => {
      const isUnique = column.distinct >= 0.95 * column.values.length && column.values.length > 0;
      const sameName = column.name !== undefined && column.name === key.name;
      const share =
        [...new Set(column.values)].filter((value) => ids.has(value)).length /
        Math.max(1, Math.min(ids.size, column.distinct));
      const fits =
        isUnique &&
        (sameName || column.roles.includes(role) || (share >= OVERLAP && (column.index === 0 || column.name === 'id')));
      if (!fits) return [];
      const text = title ?? (headless ? one.seen.find((text) => text !== column && !text.isNumeric) : undefined);
      if (role === 'item' && (text === undefined || text === column)) return [];
      const why = sameName
        ? `its column ${String(column.name)} is called as that of the log`
        : `${Math.round(share * 100)} % of the first ${role}s of the log stand in its column ${nameOf(column)}`;
      return [{ one, id: column, title: text, why, share: share + (sameName ? 1 : 0) }];
    });
  });
  return sides.toSorted((a, b) => b.share - a.share || (a.one.file < b.one.file ? -1 : 1))[0];
}
