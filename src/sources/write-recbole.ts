import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Source } from '../core/source.js';
import { exists, readChunks, sha256, sha256Pieces, writeSealed } from '../platform/files.js';
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
  const interactions = [...store.sources.interactions(source.id)];
  const [hasRating, hasTime] = [
    interactions.some(({ rating }) => rating !== null),
    interactions.some(({ timestamp }) => timestamp !== null),
  ];
  const events = [
    'user_id:token',
    'item_id:token',
    ...(hasRating ? ['rating:float'] : []),
    ...(hasTime ? ['timestamp:float'] : []),
  ];
  const rows = interactions.map(({ userId, itemId, rating, timestamp }) => [
    userId,
    itemId,
    ...(hasRating ? [String(rating ?? '')] : []),
    ...(hasTime ? [String(timestamp ?? '')] : []),
  ]);
  const items = [...store.sources.items(source.id).values()];
  const users = [...store.sources.users(source.id).values()];
  const itemNames = attributeNames(items);
  const userNames = attributeNames(users);
  const tables: [string, string[], string[][]][] = [
    ['inter', events, rows],
    [
      'item',
      ['item_id:token', 'title:token_seq', ...itemNames.map((name) => `${name}:token_seq`)],
      items.map(({ itemId, title, attributes }) => [
        itemId,
        title,
        ...itemNames.map((name) => attributes[name]?.replaceAll('|', ' ') ?? ''),
      ]),
    ],
    [
      'user',
      ['user_id:token', ...userNames.map((name) => `${name}:token`)],
      users.map(({ userId, attributes }) => [userId, ...userNames.map((name) => attributes[name] ?? '')]),
    ],
  ];
  return tables.map(([ending, header, lines]) => {
    const path = join(out, `${source.id}.${ending}`);
    const text = [header, ...lines].map((fields) => `${fields.map(plain).join('\t')}\n`).join('');
    if (exists(path) && !force && sha256Pieces(readChunks(path)) !== sha256(text)) {
      throw new RectuneError(
        'usage',
        'a file is there that holds something else',
        path,
        'name another folder, or --force',
      );
    }
    writeSealed(path, text);
    return { path, rows: lines.length };
  });
}

function attributeNames(rows: readonly { attributes: Readonly<Record<string, string>> }[]): string[] {
  return [...new Set(rows.flatMap(({ attributes }) => Object.keys(attributes)))];
}

function plain(value: string): string {
  return value.replace(/[\t\r\n]+/g, ' ');
}
