import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Source } from '../core/source.js';
import { exists, readChunks, sha256Pieces, writeSealed } from '../platform/files.js';
import type { Store } from '../store/store.js';

/** One atomic file, and how many rows it has below its header. */
export interface AtomicFile {
  readonly path: string;
  readonly rows: number;
}

/**
 * Writes an imported log as RecBole reads it: ID.inter, ID.item, ID.user, tab between the fields, the type of each in the header. Ratings and times are
 * floats, everything else a token, titles and attributes of items a sequence of tokens parted by spaces. Tabs and line ends inside a value become spaces.
 *
 * throws  RectuneError 'usage' when a file is there that holds something else, without force
 */
export function writeRecbole(store: Store, source: Source, out: string, force: boolean): AtomicFile[] {
  const { hasRating, hasTime } = columnsOf(store, source.id);
  const events = [
    'user_id:token',
    'item_id:token',
    ...(hasRating ? ['rating:float'] : []),
    ...(hasTime ? ['timestamp:float'] : []),
  ];
  const items = [...store.sources.items(source.id).values()];
  const users = [...store.sources.users(source.id).values()];
  const itemNames = attributeNames(items);
  const userNames = attributeNames(users);
  const tables: [ending: string, header: string[], rows: () => Iterable<string[]>, count: number][] = [
    ['inter', events, () => interactionRows(store, source.id, hasRating, hasTime), store.sources.rowCount(source.id)],
    [
      'item',
      ['item_id:token', 'title:token_seq', ...itemNames.map((name) => `${name}:token_seq`)],
      () =>
        items.map(({ itemId, title, attributes }) => [
          itemId,
          title,
          ...itemNames.map((name) => attributes[name]?.replaceAll('|', ' ') ?? ''),
        ]),
      items.length,
    ],
    [
      'user',
      ['user_id:token', ...userNames.map((name) => `${name}:token`)],
      () => users.map(({ userId, attributes }) => [userId, ...userNames.map((name) => attributes[name] ?? '')]),
      users.length,
    ],
  ];
  return tables.map(([ending, header, rows, count]) => {
    const path = join(out, `${source.id}.${ending}`);
    const text = () => linesOf(header, rows());
    if (exists(path) && !force && sha256Pieces(readChunks(path)) !== sha256Pieces(text())) {
      throw new RectuneError(
        'usage',
        'a file is there that holds something else',
        path,
        'name another folder, or --force',
      );
    }
    writeSealed(path, text());
    return { path, rows: count };
  });
}

/** Which columns some interaction has. */
function columnsOf(store: Store, id: string): { hasRating: boolean; hasTime: boolean } {
  let [hasRating, hasTime] = [false, false];
  for (const { ratings, timestamps } of store.sources.columns(id)) {
    hasRating ||= !ratings.every(Number.isNaN);
    hasTime ||= !timestamps.every(Number.isNaN);
    if (hasRating && hasTime) break;
  }
  return { hasRating, hasTime };
}

function* interactionRows(store: Store, id: string, hasRating: boolean, hasTime: boolean): Generator<string[], void> {
  for (const { userId, itemId, rating, timestamp } of store.sources.interactions(id)) {
    const numbers = [...(hasRating ? [rating] : []), ...(hasTime ? [timestamp] : [])];
    yield [userId, itemId, ...numbers.map((value) => String(value ?? ''))];
  }
}

function* linesOf(header: string[], rows: Iterable<string[]>): Generator<string, void> {
  yield `${header.map(plain).join('\t')}\n`;
  for (const fields of rows) yield `${fields.map(plain).join('\t')}\n`;
}

function attributeNames(rows: readonly { attributes: Readonly<Record<string, string>> }[]): string[] {
  return [...new Set(rows.flatMap(({ attributes }) => Object.keys(attributes)))];
}

function plain(value: string): string {
  return value.replace(/[\t\r\n]+/g, ' ');
}
