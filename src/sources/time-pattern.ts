/**
 * A moment by the calendar, as UTC.
 *
 * returns  seconds since 1970; undefined for a day or an hour that there is not
 */
export function utcSeconds(at: Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>>) {
  const { year, month, day, hour, minute, second } = at;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return milliseconds / 1000;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** What a piece of a pattern matches. */
const PIECES: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<short>\\d{2})', // of this century
  MMMM: '(?<name>[A-Za-z]{3,9})',
  MMM: '(?<name>[A-Za-z]{3,9})',
  MM: '(?<month>\\d{1,2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{1,2})',
  D: '(?<day>\\d{1,2})',
  ddd: '[A-Za-z]{3,9}',
  HH: '(?<hour>\\d{1,2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<half>\\d{1,2})',
  h: '(?<half>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})(?:\\.\\d+)?',
  A: '(?<noon>[AaPp])\\.?[Mm]\\.?',
  ZZ: '(?<zone>Z|UTC|[+-]\\d{2}:?\\d{2})',
};
const PIECE = /\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|ddd|HH|H|hh|h|mm|ss|A|ZZ|\s+|./gs;

const known = new Map<string, RegExp>();

/**
 * Seconds since 1970 of a time that is written by a pattern: YYYY or YY, MM or M, MMM (its English name), DD or D, ddd (the day's name, which says
 * nothing), HH or H, hh or h with A (AM, PM), mm, ss, ZZ (+0200); text that stands there stands in brackets, as in "[Posted ]MMMM D, YYYY".
 * Without a zone it is UTC.
 *
 * without  the year of a pattern that has none
 * returns  undefined when the text is not written so, or there is no such day or hour
 */
export function patternSeconds(text: string, pattern: string, without = 0): number | undefined {
  let compiled = known.get(pattern);
  if (!compiled) {
    compiled = compile(pattern);
    known.set(pattern, compiled);
  }
  const found = compiled.exec(text.trim())?.groups;
  if (!found) return undefined;
  const number = (name: string, other = 0): number => (found[name] === undefined ? other : Number(found[name]));
  const month =
    found.name === undefined ? number('month', 1) : MONTHS.indexOf(found.name.slice(0, 3).toLowerCase()) + 1;
  const year = found.short === undefined ? number('year', without) : 2000 + number('short');
  if (month === 0 || (found.half !== undefined && (number('half') < 1 || number('half') > 12))) return undefined;
  const noon = /p/i.test(found.noon ?? '') ? 12 : 0;
  const hour = found.half === undefined ? number('hour') : (number('half') % 12) + noon;
  const utc = utcSeconds({
    year,
    month,
    day: number('day', 1),
    hour,
    minute: number('minute'),
    second: number('second'),
  });
  return utc === undefined ? undefined : utc - zoneSeconds(found.zone ?? 'Z');
}

function zoneSeconds(zone: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!found) return 0;
  return (found[1] === '-' ? -60 : 60) * (Number(found[2]) * 60 + Number(found[3]));
}

function compile(pattern: string): RegExp {
  const pieces = (pattern.match(PIECE) ?? []).map((piece) => {
    if (PIECES[piece] !== undefined) return PIECES[piece];
    if (/^\s+$/.test(piece)) return '\\s+';
    const text = piece.startsWith('[') && piece.endsWith(']') ? piece.slice(1, -1) : piece;
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${pieces.join('')}$`);
}
