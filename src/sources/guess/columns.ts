import { parseRating, parseTimestamp } from '../values.js';

/** What a column may be of a log. */
export type Role = 'user' | 'item' | 'rating' | 'timestamp' | 'title' | 'event' | 'count';

/** Names that columns of a role have, written in small letters without anything between. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  user: [
    'user',
    'userid',
    'uid',
    'reviewerid',
    'customerid',
    'customer',
    'visitorid',
    'memberid',
    'accountid',
    'profileid',
    'personid',
    'clientid',
    'viewerid',
    'playerid',
    'buyerid',
    'username',
    'usersha1',
    'profilename',
    'userkey',
    'useridx',
    'sessionid',
    'session',
    'reviewer',
    'member',
    'buyer',
    'client',
    'visitor',
    'kunde',
    'nutzer',
    'author',
  ],
  item: [
    'item',
    'itemid',
    'iid',
    'movieid',
    'bookid',
    'productid',
    'parentasin',
    'asin',
    'isbn',
    'sku',
    'articleid',
    'newsid',
    'trackid',
    'songid',
    'artistid',
    'gameid',
    'appid',
    'videoid',
    'poiid',
    'venueid',
    'businessid',
    'recipeid',
    'jobid',
    'contentid',
    'courseid',
    'animeid',
    'eventid',
    'adid',
    'beerid',
    'productcode',
    'stockcode',
    'listingid',
    'movie',
    'book',
    'product',
    'article',
    'song',
    'track',
    'artist',
    'game',
    'artikel',
    'itemidx',
  ],
  rating: [
    'rating',
    'stars',
    'score',
    'overall',
    'bookrating',
    'ratingvalue',
    'userrating',
    'rate',
    'grade',
    'reviewscore',
    'reviewrating',
    'bewertung',
    'note',
    'nota',
    'puntuacion',
    'valoracion',
    'reviewoverall',
  ],
  timestamp: [
    'timestamp',
    'time',
    'ts',
    'unixreviewtime',
    'date',
    'datetime',
    'eventtime',
    'createdat',
    'created',
    'reviewdate',
    'orderedat',
    'orderdate',
    'reviewtime',
    'unixtime',
    'purchasedate',
    'invoicedate',
    'dateadded',
    'at',
    'when',
    'day',
    'timestampms',
    'timestamps',
    'datum',
    'posted',
  ],
  title: [
    'title',
    'name',
    'itemname',
    'movietitle',
    'booktitle',
    'productname',
    'producttitle',
    'appname',
    'itemtitle',
    'moviename',
    'gamename',
    'songname',
    'trackname',
    'artistname',
    'newstitle',
    'titel',
    'gametitle',
    'songtitle',
    'description',
  ],
  event: [
    'event',
    'eventtype',
    'action',
    'behavior',
    'behaviortype',
    'interaction',
    'interactiontype',
    'type',
    'clicked',
    'click',
    'label',
    'purchased',
    'watched',
    'liked',
    'recommend',
    'recommended',
    'isread',
    'isclick',
  ],
  count: [
    'weight',
    'plays',
    'playcount',
    'count',
    'quantity',
    'qty',
    'hours',
    'playtime',
    'watchtime',
    'dwell',
    'dwelltime',
    'duration',
    'watchratio',
    'views',
    'listens',
    'playtimeforever',
    'minutes',
  ],
};

/** How times are written that a guess knows, the most exact first. */
const PATTERNS = [
  'iso',
  'MM/DD/YYYY h:mm:ss A',
  'MM/DD/YYYY HH:mm:ss',
  'M/D/YYYY h:mm A',
  'M/D/YYYY HH:mm',
  'MM/DD/YYYY',
  'DD.MM.YYYY HH:mm:ss',
  'DD.MM.YYYY HH:mm',
  'DD.MM.YYYY',
  'YYYY/MM/DD HH:mm:ss',
  'YYYY/MM/DD',
  'YYYYMMDD',
  'MMMM D, YYYY',
  'D MMM YYYY',
  'MM D, YYYY',
  'ddd MMM DD HH:mm:ss ZZ YYYY',
  'DD/MM/YYYY HH:mm:ss',
  'DD/MM/YYYY HH:mm',
  'DD/MM/YYYY',
  '[Posted ]MMMM D, YYYY[.]',
];
const MOSTLY = 0.8;

/** A column as its first values show it. */
export interface Seen {
  readonly index: number;
  readonly name: string | undefined; // as the file has it
  readonly values: readonly string[];
  readonly roles: readonly Role[]; // what its name means, the most likely first
  readonly typed: string | undefined; // of a header like RecBole's: token, token_seq, float, float_seq
  readonly unit: string | undefined; // how times are written, if all values are times
  readonly isNumeric: boolean;
  readonly hasComma: boolean; // numbers are written with a comma in the place of the point
  readonly distinct: number;
}

export function see(names: readonly string[] | undefined, rows: readonly (readonly string[])[]): Seen[] {
  const width = names?.length ?? rows[0]?.length ?? 0;
  return Array.from({ length: width }, (_, index) => {
    const name = names?.[index];
    const values = rows.map((row) => row[index] ?? '').filter((value) => value !== '');
    const typed = /:(token|token_seq|float|float_seq)$/.exec(name ?? '')?.[1];
    return {
      index,
      name,
      values,
      roles: name === undefined ? [] : rolesOf(name.replace(/:(token|token_seq|float|float_seq)$/, '')),
      typed,
      unit: timeUnit(values, name),
      isNumeric: areNumbers(values, true),
      hasComma: areNumbers(values, true) && !areNumbers(values, false),
      distinct: new Set(values).size,
    };
  });
}

/** A number, written with a point or a comma. */
export function asNumber(text: string): number {
  return Number(text.replace(',', '.'));
}

function areNumbers(values: readonly string[], comma: boolean): boolean {
  return values.length > 0 && values.every((value) => 'value' in parseRating(value, comma));
}

/** The name as it stands, or of "items.item_id" its last part. */
function rolesOf(name: string): Role[] {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const all = [plain(name), plain(name.split('.').at(-1) ?? '')];
  return (Object.keys(NAMES) as Role[]).filter((role) => all.some((one) => NAMES[role].includes(one)));
}

/** How well a name fits a role: its place among the names; a large number when it does not. */
export function rankOf({ name }: Seen, role: Role): number {
  const plain = (name ?? '')
    .replace(/:\w+$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]/gu, '');
  const at = NAMES[role].indexOf(plain.replaceAll('.', ''));
  const last = NAMES[role].indexOf(plain.split('.').at(-1) ?? '');
  return Math.min(at < 0 ? 999 : at, last < 0 ? 999 : last);
}

function timeUnit(values: readonly string[], name: string | undefined): string | undefined {
  const some = values.slice(0, 100);
  if (some.length === 0) return undefined;
  const share = (fits: (value: string) => boolean): number => some.filter(fits).length / some.length;
  const between =
    (low: number, high: number) =>
    (value: string): boolean => {
      const number = Number(value);
      return /^\s*\d+(\.\d+)?\s*$/.test(value) && number >= low && number <= high;
    };
  if (share(between(3e8, 4e9)) >= MOSTLY) return 'seconds';
  if (share(between(3e11, 4e12)) >= MOSTLY) return 'milliseconds';
  if (share(between(3e14, 4e15)) >= MOSTLY) return 'microseconds';
  const isNamed = name === undefined || rolesOf(name.replace(/:\w+$/, '')).includes('timestamp');
  const patterns = isNamed ? PATTERNS : PATTERNS.filter((pattern) => pattern !== 'YYYYMMDD');
  const written = patterns.find((pattern) => share((value) => 'value' in parseTimestamp(value, pattern)) >= MOSTLY);
  if (written !== undefined) return written;
  // Small whole numbers under a name of times, as synthetic logs have them.
  return name !== undefined && isNamed && share((value) => /^\d+(\.0+)?$/.test(value)) >= MOSTLY
    ? 'seconds'
    : undefined;
}
