import { basename } from 'node:path';
import { stringify } from 'yaml';
import { parseAs } from '../../core/parse.js';
import { AttributeName, type Column, SourceSpec } from '../../core/source-spec.js';
import { asNumber, type Seen } from './columns.js';
import { type LogRoles, type Looked, whyOf } from './log-roles.js';
import type { Side } from './side-table.js';

const SHOWN = 3; // rows of each table

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

/** The source.yaml of what was found, and what is shown of it. */
export function guessedSpec(
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
