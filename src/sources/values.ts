import type { WithoutYear } from '../core/source-spec.js';
import { patternSeconds, utcSeconds } from './time-pattern.js';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s?(?:(Z|UTC)|([+-])(\d{2}):?(\d{2}))?)?$/;
export const LAST_SECOND = 253_402_300_799; // end of the year 9999

/** A value, or why there is none. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/**
 * A decimal number, e.g. "3", "-0.5", "4e0"; spaces around it are let be.
 *
 * comma  whether a comma may stand in the place of the point
 */
export function parseRating(text: string, comma = false): Parsed<number> {
  const value = decimal(comma ? text.replace(',', '.') : text);
  return value === undefined ? { problem: 'rating is not a number' } : { value };
}

/**
 * Whole seconds since 1970, UTC, rounded down.
 *
 * withoutYear  how a time is written that does not say its year, and which one that is
 * unit  iso: "2001-02-03", "2001-02-03 04:05", "2001-02-03T04:05:06.789+02:00"; without a zone it is UTC. A pattern: time-pattern.ts
 */
export function parseTimestamp(text: string, unit: string, withoutYear?: WithoutYear): Parsed<number> {
  const parts = PARTS[unit];
  const read =
    parts !== undefined ? decimal(text) : unit === 'iso' ? isoSeconds(text.trim()) : patternSeconds(text, unit);
  if (read === undefined && withoutYear) {
    const seconds = patternSeconds(text, withoutYear.pattern, withoutYear.year);
    if (seconds !== undefined) return { value: seconds };
  }
  if (read === undefined) {
    const wanted = parts !== undefined ? 'a number' : unit === 'iso' ? 'an ISO date' : `like ${unit}`;
    return { problem: `timestamp is not ${wanted}` };
  }
  const value = Math.floor(read / (parts ?? 1));
  if (value < 0) return { problem: 'timestamp is before 1970' };
  if (value > LAST_SECOND) return { problem: `timestamp is after the year 9999 (timestampUnit is ${unit})` };
  return { value };
}

/** How many of a unit a second has. */
export const PARTS: Readonly<Record<string, number>> = { seconds: 1, milliseconds: 1000, microseconds: 1_000_000 };

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
  const offset = (found[8] === '-' ? -60 : 60) * (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0));
  const utc = utcSeconds({ year, month, day, hour, minute, second });
  return utc === undefined ? undefined : utc - offset;
}
