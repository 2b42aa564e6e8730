import { asNumber, type Role, rankOf, type Seen } from './columns.js';
import type { Sniffed } from './sniff.js';

/** A file with what its columns look like. */
export interface Looked extends Sniffed {
  readonly file: string;
  readonly seen: readonly Seen[];
  readonly bytes: number;
}

/** Which columns of a file are what of an event. */
export interface LogRoles {
  readonly user: Seen;
  readonly item: Seen;
  readonly rating: Seen | undefined;
  readonly timestamp: Seen | undefined;
  readonly title: Seen | undefined;
  readonly event: Seen | undefined;
  readonly count: Seen | undefined;
  readonly isNamed: boolean;
}

/** Undefined for a file without users and items. */
export function logRoles({ seen, format, rows }: Looked): LogRoles | undefined {
  if (format === 'sequences') {
    const [user, item] = seen as [Seen, Seen];
    return {
      user,
      item,
      rating: undefined,
      timestamp: undefined,
      title: undefined,
      event: undefined,
      count: undefined,
      isNamed: false,
    };
  }
  const used = new Set<Seen>();
  const named = (role: Role, fits: (one: Seen) => boolean = () => true): Seen | undefined => {
    const all = seen.filter((one) => !used.has(one) && one.values.length > 0 && one.roles.includes(role) && fits(one));
    const [found] = all.toSorted(
      (a, b) => sameEverywhere(a) - sameEverywhere(b) || rankOf(a, role) - rankOf(b, role) || a.index - b.index,
    );
    if (found) used.add(found);
    return found;
  };
  const [namedUser, namedItem] = [named('user'), named('item')];
  let timestamp = named('timestamp', ({ unit }) => unit !== undefined);
  let rating = named('rating', ({ isNumeric }) => isNumeric);
  const hasHeader = seen.some(({ name }) => name !== undefined);
  if (!hasHeader) {
    timestamp = seen.findLast((one) => one.unit !== undefined);
    if (timestamp) used.add(timestamp);
  }
  // Ids: no times, no texts, and more of them than there are ratings.
  const ids = seen.filter(
    (one) =>
      !used.has(one) &&
      one.values.length > 0.9 * rows.length &&
      one.values.every((value) => value.length <= 64 && !/\s.*\s|:\/\//.test(value)),
  );
  const isFree = (one: Seen): boolean => !used.has(one) && ids.includes(one) && (one.distinct > 1 || rows.length <= 2);
  const others = ids.filter((one) => isFree(one) && !isScale(one)).length;
  const free = (one: Seen): boolean => isFree(one) && (others < 2 || !isScale(one));
  const take = (known: Seen | undefined): Seen | undefined => {
    const found = known ?? ids.find(free);
    if (found) used.add(found);
    return found;
  };
  if (hasHeader && !namedUser && !namedItem) return undefined;
  const user = take(namedUser);
  const item = take(namedItem);
  if (!user || !item) return undefined;
  if (!hasHeader) {
    rating = seen.find((one) => !used.has(one) && isScale(one) && one.distinct > 1);
    if (rating) used.add(rating);
  }
  // Without names, three columns and more are a log only when some of them look like stars or times.
  if (!hasHeader && seen.length > 3 && !rating && !timestamp) return undefined;
  const title = named('title', ({ isNumeric }) => !isNumeric);
  const event = named('event', ({ distinct }) => distinct <= 20);
  return {
    user,
    item,
    rating,
    timestamp,
    title,
    event,
    count: named('count', ({ isNumeric }) => isNumeric),
    isNamed: namedUser !== undefined && namedItem !== undefined,
  };
}

/** A column with one value says nothing; 1 puts it behind the others. */
function sameEverywhere({ distinct, values }: Seen): number {
  return distinct === 1 && values.length > 1 ? 1 : 0;
}

/** Few different numbers, none large: stars or grades. */
function isScale({ isNumeric, distinct, values }: Seen): boolean {
  return (
    isNumeric &&
    distinct <= 21 &&
    values.length > distinct &&
    values.every((value) => asNumber(value) >= -10 && asNumber(value) <= 100)
  );
}

export function nameOf(column: Seen): string {
  return column.name ?? `column ${column.index}`;
}

/** Why these columns, for people. */
export function whyOf({ user, item, rating, timestamp }: LogRoles): string[] {
  const by = (column: Seen, role: Role, what: string): string =>
    `${role} is ${nameOf(column)}: ${column.roles.includes(role) ? 'by its name' : what}`;
  return [
    by(user, 'user', 'the first column that looks like ids'),
    by(item, 'item', 'the next column that looks like ids'),
    ...(rating ? [by(rating, 'rating', 'few different small numbers')] : ['there is no rating: feedback is implicit']),
    ...(timestamp
      ? [`${by(timestamp, 'timestamp', 'its values are times')}; times are ${timestamp.unit}`]
      : ['there is no time']),
  ];
}
