const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s?(?:(Z|UTC)|([+-])(\d{2}):?(\d{2}))?)?$/;
const LAST_SECOND = 253_402_300_799; // end of the year 9999

/** A value, or why there is none. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** A decimal number with a point, e.g. "3", "-0.5", "4e0"; spaces around it are let be. */
export function parseRating(text: string): Parsed<number> {
  const value = decimal(text);
  return value === undefined ? { problem: 'rating is not a number' } : { value };
}

/**
 * Whole seconds since 1970, UTC, rounded down.
 *
 * unit  iso: "2001-02-03", "2001-02-03 04:05", "2001-02-03T04:05:06.789+02:00"; without a zone it is UTC
 */
export function parseTimestamp(text: string, unit: 'seconds' | 'milliseconds' | 'iso'): Parsed<number> {
  const seconds = unit === 'iso' ? isoSeconds(text.trim()) : decimal(text);
  if (seconds === undefined) return { problem: `timestamp is not ${unit === 'iso' ? 'an ISO date' : 'a number'}` };
  const value = Math.floor(unit === 'milliseconds' ? seconds / 1000 : seconds);
  if (value < 0) return { problem: 'timestamp is before 1970' };
  if (value > LAST_SECOND) return { problem: `timestamp is after the year 9999 (timestampUnit is ${unit})` };
  return { value };
}

function decimal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/** Date.parse takes far more than ISO 8601, reads a date without a zone as local time, and makes 1 March of 30 February. */
function isoSeconds(text: string): number | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour = 0, minute = 0, second = 0] = found.map((part) => (part ? Number(part) : 0));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = (found[8] === '-' ? -60 : 60) * (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0));
  return milliseconds / 1000 - offset;
}
