import type { z } from 'zod';
import { type ErrorKind, nearestWord, RectuneError } from './errors.js';
import { expectation } from './expectation.js';

const LONGEST = 60; // characters of a value that an error shows

/**
 * Parses a value by a schema; a mismatch becomes one error that names the place, and an unknown key gets a suggestion.
 *
 * where  the file, option or row that the value came from; the path inside the value is appended
 * throws RectuneError of the given kind
 */
export function parseAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  kind: ErrorKind = 'usage',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A key that is written wrongly is missing, too; the wrong one says what to do.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (!issue) throw new Error('zod reported a failure without an issue');
  const place = issue.path.length > 0 ? `${where}: ${issue.path.map(String).join('.')}` : where;
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    throw new RectuneError(
      kind,
      `unknown key "${unknown}"`,
      place,
      oneOf(unknown, knownKeys(schema, issue.path, value)),
    );
  }
  const given = issue.path.reduce(valueAt, value);
  const words = offeredWords(issue);
  if (given === undefined && issue.path.length > 0) {
    const fix = words.length > 0 ? `use one of ${words.join(', ')}` : 'add it';
    throw new RectuneError(kind, `"${String(issue.path.at(-1))}" is missing`, place, fix);
  }
  if (words.length > 0) {
    throw new RectuneError(kind, `${shown(given)} is not known here`, place, oneOf(String(given), words));
  }
  if (given === null && issue.path.length === 0) {
    const keys = knownKeys(schema, [], value).join(', ');
    throw new RectuneError(
      kind,
      'the file is empty',
      place,
      keys === '' ? 'write something' : `write its keys: ${keys}`,
    );
  }
  const { what, fix } = complaint(issue, given);
  throw new RectuneError(kind, what, place, fix);
}

/** What is wrong with a value that is there, and what to write instead. */
function complaint(issue: z.core.$ZodIssue, given: unknown): { what: string; fix: string } {
  const wanted = expectation(issue);
  if (wanted !== undefined) {
    const what = given === null ? `"${String(issue.path.at(-1))}" has no value` : `${shown(given)} is not ${wanted}`;
    return { what, fix: meantSwitch(issue, given) ?? `write ${wanted}` };
  }
  if (issue.code === 'custom') return { what: issue.message, fix: String(issue.params?.fix ?? 'correct this value') };
  const isKey = issue.code === 'invalid_key';
  const value = isKey ? `the name ${shown(String(issue.path.at(-1)))}` : shown(given);
  const rule = isKey ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return { what: `${value} does not fit: ${rule}`, fix: `change the ${isKey ? 'name' : 'value'} so that it does` };
}

/** YAML 1.2 reads yes, no, on and off as text; so does it "true" in quotes. */
function meantSwitch(issue: z.core.$ZodIssue, given: unknown): string | undefined {
  if (issue.code !== 'invalid_type' || issue.expected !== 'boolean' || typeof given !== 'string') return undefined;
  const meant = /^(y|yes|on|true)$/i.test(given) ? 'true' : /^(n|no|off|false)$/i.test(given) ? 'false' : undefined;
  return meant && `write ${meant}, without quotes: ${shown(given)} is read as text`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

function oneOf(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near ? `did you mean "${near}"?` : `use one of ${known.join(', ')}`;
}

/** The words that an enum or a union's kind would take; none for any other issue. */
function offeredWords(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && issue.discriminator)
    return ('options' in issue ? (issue.options ?? []) : []).map(String);
  return [];
}

/** The keys that the object schema at a path offers; empty when there is no object. The value tells which kind of a union it is. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let current = chosen(schema, value);
  let reached = value;
  for (const step of path) {
    reached = valueAt(reached, step);
    current = chosen(child(current, step), reached);
  }
  const shape = (current as { shape?: Record<string, unknown> } | undefined)?.shape;
  return shape ? Object.keys(shape) : [];
}

function child(schema: unknown, step: PropertyKey): unknown {
  const inner = schema as { shape?: Record<PropertyKey, unknown>; element?: unknown } | undefined;
  return inner?.shape?.[step] ?? inner?.element;
}

function valueAt(value: unknown, step: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown> | null | undefined)?.[step];
}

/** The schema inside optional, default and the like; of a discriminated union, the kind that the value is of. */
function chosen(schema: unknown, value: unknown): unknown {
  const inner = unwrap(schema) as
    | { def?: { discriminator?: string; options?: { shape?: Record<string, { def?: { values?: unknown[] } }> }[] } }
    | undefined;
  const key = inner?.def?.discriminator;
  if (!key) return inner;
  return inner.def?.options?.find((option) => option.shape?.[key]?.def?.values?.includes(valueAt(value, key)));
}

/** Strips optional, default, nullable and the like. */
function unwrap(schema: unknown): unknown {
  let current = schema as { def?: { innerType?: unknown } } | undefined;
  while (current?.def?.innerType) current = current.def.innerType as typeof current;
  return current;
}

/** A JSON value; undefined where the text is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
