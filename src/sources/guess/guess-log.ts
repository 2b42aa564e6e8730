import { basename, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { RectuneError } from '../../core/errors.js';
import { parseAs } from '../../core/parse.js';
import { AttributeName, type Column, SourceSpec } from '../../core/source-spec.js';
import { fileSize, isFolder, isReadOnly, listFolder, makeFolder, writeSealed } from '../../platform/files.js';
import { asNumber, type Role, rankOf, type Seen, see } from './columns.js';
import { type Sniffed, sniff } from './sniff.js';

const NO_LOG =
  /^(source\.md|readme.*|licen[cs]e.*|copying.*|.*\.(md|ya?ml|pdf|zip|png|jpe?g|html?|py|ipynb|r|sh|db|gguf))$/i;
const SHOWN = 3; // rows of each table
const OVERLAP = 0.2; // share of the sampled ids of the log that a side table must have, where its names do not say what it is

/** A table as it is guessed, with what was looked at. */
export interface GuessedTable {
  readonly role: 'interactions' | 'items' | 'users';
  readonly file: string;
  readonly columns: Readonly<Record<string, string | number>>; // role or attribute -> column of the file
  readonly rows: readonly (readonly [string, string][])[]; // the first rows: column as it is called here, value
  readonly why: readonly string[];
}

/** How a log that nobody described seems to be read. */
export interface Guess {
  readonly spec: SourceSpec;
  readonly yaml: string; // the source.yaml, with what it was guessed from
  readonly tables: readonly GuessedTable[];
  readonly left: readonly { readonly file: string; readonly why: string }[]; // files that are not read
}

interface Looked extends Sniffed {
  readonly file: string;
  readonly seen: readonly Seen[];
  readonly bytes: number;
}

/**
 * Guesses how a folder, or one file of it, is read: which file holds events, which items and users, and what their columns mean, by names and
 * contents. Always the same for the same files.
 *
 * beside  with a file: other files that may hold its items and users
 * throws  RectuneError 'usage' when there is no file with users and items
 */
export function guessLog(folder: string, file?: string, beside: readonly string[] = []): Guess {
  const names = file === undefined ? listFolder(folder).filter((name) => isCandidate(folder, name)) : [file, ...beside];
  const left: { file: string; why: string }[] = [];
  const looked = names.flatMap((name): Looked[] => {
    let sniffed: Sniffed | undefined;
    try {
      sniffed = sniff(join(folder, name));
      if (sniffed === undefined) left.push({ file: name, why: 'it is no table of rows that are alike' });
    } catch (error) {
      if (!(error instanceof RectuneError) || names.length === 1) throw error;
      left.push({ file: name, why: error.message });
    }
    return sniffed
      ? [{ ...sniffed, file: name, seen: see(sniffed.names, sniffed.rows), bytes: fileSize(join(folder, name)) }]
      : [];
  });
  const logs = looked.flatMap((one) => {
    const roles = logRoles(one);
    return roles ? [{ one, roles }] : [];
  });
  // Names that say "user" and "item" come before columns that only look like ids; then an event has a time or a rating; then the larger file.
  const sure = ({ roles }: (typeof logs)[number]): number =>
    (roles.isNamed ? 4 : 0) + (roles.timestamp ? 1 : 0) + (roles.rating ? 1 : 0);
  const [best] = logs.toSorted(
    (a, b) => sure(b) - sure(a) || b.one.bytes - a.one.bytes || (a.one.file < b.one.file ? -1 : 1),
  );
  if (!best) throw noLog(folder, names, looked);
  const log = best.one;
  const parts = looked.filter((one) => one === log || isPartOf(log, one));
  const others = looked.filter((one) => !parts.includes(one));
  const items = sideTable(best.roles.item, others, 'item');
  const users = sideTable(
    best.roles.user,
    others.filter((one) => one !== items?.one),
    'user',
  );
  for (const one of others) {
    if (one !== items?.one && one !== users?.one)
      left.push({ file: one.file, why: 'it is neither the log nor a table of its items or users' });
  }
  const told =
    parts.length === 1
      ? log
      : { ...log, why: [...log.why, `${parts.length} files have the same columns, and are read one after the other`] };
  return written(
    folder,
    file,
    told,
    parts.map((one) => one.file),
    best.roles,
    items,
    users,
    left,
  );
}

/** Whether a file is another part of the same table: cut alike, with the same columns. */
function isPartOf(log: Looked, one: Looked): boolean {
  const isCutAlike = one.format === log.format && one.delimiter === log.delimiter && one.header === log.header;
  if (!isCutAlike || one.encoding !== log.encoding || one.each !== log.each || one.format === 'sequences') return false;
  if (log.names === undefined || one.names === undefined) return false; // numbers side by side say too little
  return [...log.names].sort().join('\0') === [...one.names].sort().join('\0');
}

/**
 * Writes a guessed source.yaml to the first of these places that can be written to.
 *
 * throws  RectuneError when none can
 */
export function writeGuess({ yaml }: Guess, places: readonly string[]): string {
  for (const [i, place] of places.entries()) {
    try {
      if (i < places.length - 1 && isReadOnly(dirname(place))) continue;
      makeFolder(dirname(place));
      writeSealed(place, yaml);
      return place;
    } catch (error) {
      if (i === places.length - 1) throw error;
    }
  }
  throw new Error('there is no place to write to');
}

function isCandidate(folder: string, name: string): boolean {
  return !/^[._]/.test(name) && !NO_LOG.test(name) && !isFolder(join(folder, name));
}

interface LogRoles {
  readonly user: Seen;
  readonly item: Seen;
  readonly rating: Seen | undefined;
  readonly timestamp: Seen | undefined;
  readonly title: Seen | undefined;
  readonly event: Seen | undefined;
  readonly count: Seen | undefined;
  readonly isNamed: boolean;
}

function logRoles({ seen, format, rows }: Looked): LogRoles | undefined {
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

interface Side {
  readonly one: Looked;
  readonly id: Seen;
  readonly title: Seen | undefined;
  readonly why: string;
}

/** The file whose rows are the items (with titles) or the users of the log: by the name of the id, or by its values. */
function sideTable(key: Seen, others: readonly Looked[], role: 'item' | 'user'): Side | undefined {
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

function nameOf(column: Seen): string {
  return column.name ?? `column ${column.index}`;
}

function written(
  folder: string,
  file: string | undefined,
  log: Looked,
  parts: readonly string[],
  roles: LogRoles,
  items: Side | undefined,
  users: Side | undefined,
  left: readonly { file: string; why: string }[],
): Guess {
  const at = (column: Seen): Column =>
    log.names === undefined || ambiguous(log, column) ? column.index : (column.name as string);
  const inSide = (side: Side, column: Seen): Column =>
    side.one.names === undefined || ambiguous(side.one, column) ? column.index : (column.name as string);
  const isSequence = log.format === 'sequences';
  const used = [roles.user, roles.item, roles.rating, roles.timestamp];
  const inLog = items === undefined ? roles.title : undefined; // titles that stand beside the events
  const logColumns = {
    user: isSequence ? 0 : at(roles.user),
    item: isSequence ? 1 : at(roles.item),
    ...(roles.rating && { rating: at(roles.rating) }),
    ...(roles.timestamp && { timestamp: at(roles.timestamp) }),
  };
  const attributesOf = (seen: readonly Seen[], without: readonly (Seen | undefined)[], column: (one: Seen) => Column) =>
    Object.fromEntries(
      seen
        .filter((one) => !without.includes(one) && one.values.length > 0 && one.name !== '')
        .map((one, i, all): [string, Column] => [unique(attributeName(one), i, all), column(one)]),
    );
  const logAttributes = isSequence ? {} : attributesOf(log.seen, [...used, inLog], at);
  const interactions = {
    file: parts.length === 1 ? log.file : [...parts],
    ...cutting(log),
    ...(log.each && { each: log.each }),
    columns: logColumns,
    ...(roles.rating?.hasComma && { decimal: ',' }),
    ...(roles.timestamp && roles.timestamp.unit !== 'seconds' && { timestampUnit: roles.timestamp.unit }),
    ...(Object.keys(logAttributes).length > 0 && { attributes: logAttributes, absent: 'empty' }),
  };
  const itemAttributes = items
    ? attributesOf(items.one.seen, [items.id, items.title], (one) => inSide(items, one))
    : {};
  const itemTable = items
    ? {
        file: items.one.file,
        ...cutting(items.one),
        columns: { item: inSide(items, items.id), title: inSide(items, items.title as Seen) },
        ...(Object.keys(itemAttributes).length > 0 && { attributes: itemAttributes, absent: 'empty' }),
      }
    : inLog && {
        file: parts.length === 1 ? log.file : [...parts],
        ...cutting(log),
        ...(log.each && { each: log.each }),
        columns: { item: at(roles.item), title: at(inLog) },
        again: 'merge',
      };
  const userAttributes = users ? attributesOf(users.one.seen, [users.id], (one) => inSide(users, one)) : {};
  const userTable = users && {
    file: users.one.file,
    ...cutting(users.one),
    columns: { user: inSide(users, users.id) },
    ...(Object.keys(userAttributes).length > 0 && { attributes: userAttributes, absent: 'empty' }),
  };
  const label = labelOf(roles, logAttributes);
  const name = basename(file ?? folder)
    .replace(/\.(gz|zst)$/i, '')
    .replace(/\.[a-z0-9]+$/i, '');
  const value = {
    id:
      name
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[^a-z0-9]+/, '') || 'log',
    title: name,
    terms: 'not stated: write here what the owner of the log allows',
    label,
    interactions,
    ...(itemTable && { items: itemTable }),
    ...(userTable && { users: userTable }),
  };
  const spec = parseAs(SourceSpec, value, 'the guess');
  const tables: GuessedTable[] = [
    shown('interactions', log, { ...logColumns, ...logAttributes }, [...log.why, ...whyOf(roles)]),
    ...(items
      ? [
          shown(
            'items',
            items.one,
            { item: inSide(items, items.id), title: inSide(items, items.title as Seen), ...itemAttributes },
            [...items.one.why, items.why],
          ),
        ]
      : []),
    ...(inLog
      ? [
          shown('items', log, { item: at(roles.item), title: at(inLog) }, [
            'titles stand beside the events; the first of an item counts',
          ]),
        ]
      : []),
    ...(users
      ? [shown('users', users.one, { user: inSide(users, users.id), ...userAttributes }, [...users.one.why, users.why])]
      : []),
  ];
  const comments = tables.flatMap(({ role, file: of, why }) => why.map((reason) => `# ${role} (${of}): ${reason}`));
  const head = ['# Guessed by rectune import. Correct what is wrong, then give the same command again.', ...comments];
  return { spec, yaml: `${head.join('\n')}\n${stringify(value, { lineWidth: 0 })}`, tables, left };
}

/** A header may name two columns alike: then the index is the way to name them. */
function ambiguous({ names = [], format }: Looked, { name }: Seen): boolean {
  return format === 'delimited' && names.filter((one) => one === name).length !== 1;
}

function cutting({ format, delimiter, quote, skipLines, header, encoding }: Looked) {
  const isText = format === 'delimited' || format === 'sequences';
  return {
    ...(format !== 'delimited' && { format }),
    ...(isText && (delimiter !== ',' || format !== 'delimited') && { delimiter }),
    ...(isText && skipLines !== undefined && { skipLines }),
    ...(isText && !header && { header }),
    ...(isText && quote !== '"' && { quote }),
    ...(encoding !== 'utf-8' && { encoding }),
  };
}

function attributeName({ name, index }: Seen): string {
  const plain = (name ?? `column${index}`).replace(/:(token|token_seq|float|float_seq)$/, '');
  const words = plain
    .normalize('NFD')
    .replace(/[^A-Za-z0-9_]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase());
  return AttributeName.safeParse(words).success ? words : `column${index}`;
}

/** A second column of the same name gets a number. */
function unique(name: string, at: number, all: readonly Seen[]): string {
  const before = all.slice(0, at).filter((one) => attributeName(one) === name).length;
  return before === 0 ? name : `${name}${before + 1}`;
}

const LIKED = /^(purchase|purchased|buy|bought|order|transaction|conversion|like|liked|true|1|yes|click|clicked)$/i;

/** A rule to begin with; whoever reads the guess decides. */
function labelOf({ rating, event }: LogRoles, attributes: Readonly<Record<string, Column>>) {
  if (rating) {
    const most = rating.values.reduce((high, value) => Math.max(high, asNumber(value)), Number.NEGATIVE_INFINITY);
    return { kind: 'rating-above', threshold: most <= 1 ? 0.5 : most <= 5 ? 3 : most <= 10 ? 5 : most / 2 };
  }
  const nameOfColumn = (column: Seen): string | undefined =>
    Object.entries(attributes).find(([, one]) => one === column.name || one === column.index)?.[0];
  const attribute = event && nameOfColumn(event);
  const liked = [...new Set(event?.values)].filter((value) => LIKED.test(value));
  if (event && attribute !== undefined && liked.length > 0 && liked.length < event.distinct) {
    const bought = liked.filter((value) => !/^click/i.test(value));
    return { kind: 'attribute-in', attribute, liked: bought.length > 0 ? bought : liked };
  }
  return { kind: 'implicit' };
}

function whyOf({ user, item, rating, timestamp }: LogRoles): string[] {
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

function shown(
  role: GuessedTable['role'],
  one: Looked,
  columns: Readonly<Record<string, Column>>,
  why: readonly string[],
): GuessedTable {
  const indexOf = (column: Column): number => (typeof column === 'number' ? column : (one.names ?? []).indexOf(column));
  const rows = one.rows
    .slice(0, SHOWN)
    .map((row) =>
      Object.entries(columns).map(([name, column]): [string, string] => [name, row[indexOf(column)] ?? '']),
    );
  return { role, file: one.file, columns, rows, why };
}

function noLog(folder: string, names: readonly string[], looked: readonly Looked[]): RectuneError {
  const [first] = looked;
  const columns = first?.seen.map((column) => JSON.stringify(nameOf(column))).join(', ');
  const what = first
    ? `no file has a column of users beside one of items; ${first.file} has ${columns}`
    : `no file is a table of rows that are alike`;
  const fix = `write ${join(folder, 'source.yaml')} with the columns that are users and items (docs/formats.md), or name another file`;
  return new RectuneError('usage', what, names.length === 1 ? join(folder, names[0] as string) : folder, fix);
}
