import { z } from 'zod';

const MOST_REPEATS = 2000; // libllama refuses a grammar that repeats more
const MOST_INTEGERS = 1000; // each is spelled out in the grammar

const times = z.number().int().nonnegative().max(MOST_REPEATS);

/** Text of bounded length, in characters (code points); of control characters only newline and tab. */
const TextSchema = z
  .strictObject({ type: z.literal('string'), minLength: times.optional(), maxLength: times.optional() })
  .refine(({ minLength = 0, maxLength = Infinity }) => minLength <= maxLength, 'minLength is above maxLength');

const ChoiceSchema = z.strictObject({
  enum: z
    .array(z.string())
    .min(1)
    .refine((words) => new Set(words).size === words.length, 'a word stands twice'),
});

const BooleanSchema = z.strictObject({ type: z.literal('boolean') });

const IntegerSchema = z
  .strictObject({ type: z.literal('integer'), minimum: z.number().int(), maximum: z.number().int() })
  .refine(({ minimum, maximum }) => minimum <= maximum, 'minimum is above maximum')
  .refine(({ minimum, maximum }) => maximum - minimum < MOST_INTEGERS, `more than ${MOST_INTEGERS} integers`);

const ListSchema = z
  .strictObject({
    type: z.literal('array'),
    items: z.union([TextSchema, ChoiceSchema]),
    minItems: times.optional(),
    maxItems: times.optional(),
  })
  .refine(({ minItems = 0, maxItems = Infinity }) => minItems <= maxItems, 'minItems is above maxItems');

const ValueSchema = z.union([TextSchema, ChoiceSchema, BooleanSchema, IntegerSchema, ListSchema]);

const ObjectSchema = z
  .strictObject({
    type: z.literal('object'),
    properties: z.record(z.string(), ValueSchema).refine((all) => Object.keys(all).length > 0, 'no properties'),
    required: z.array(z.string()).optional(), // all of them, with or without being named here
    additionalProperties: z.literal(false).optional(),
  })
  .refine(
    ({ properties, required }) => required === undefined || isSameSet(required, Object.keys(properties)),
    'required must name every property: a model that may leave one out does so',
  );

/** The part of JSON Schema that a model's answer can be held to: flat objects of short values, or one such value. */
export const JsonSchema = z.union([ObjectSchema, ValueSchema]);
export type JsonSchema = z.infer<typeof JsonSchema>;
export type JsonValueSchema = z.infer<typeof ValueSchema>;

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && others.every((one) => some.includes(one));
}

/** The value of a text that is JSON and fits the schema; undefined when it is not, as of a text that was cut short. */
export function readAnswer(schema: JsonSchema, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return fits(schema, value) ? value : undefined;
}

/** Does a value keep to a schema? */
export function fits(schema: JsonSchema, value: unknown): boolean {
  if ('enum' in schema) return schema.enum.includes(value as string);
  switch (schema.type) {
    case 'string':
      return (
        typeof value === 'string' && isPlain(value) && isWithin([...value].length, schema.minLength, schema.maxLength)
      );
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value) && isWithin(value as number, schema.minimum, schema.maximum);
    case 'array': {
      const { items, minItems, maxItems } = schema;
      return (
        Array.isArray(value) && isWithin(value.length, minItems, maxItems) && value.every((one) => fits(items, one))
      );
    }
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const entries = Object.entries(value);
      const { properties } = schema;
      return (
        isSameSet(Object.keys(value), Object.keys(properties)) &&
        entries.every(([key, one]) => fits(properties[key] as JsonValueSchema, one))
      );
    }
  }
}

function isWithin(count: number, least = -Infinity, most = Infinity): boolean {
  return least <= count && count <= most;
}

/** No lone surrogate, and no control character but newline and tab. */
function isPlain(text: string): boolean {
  const isAllowed = (character: string) => character >= ' ' || character === '\n' || character === '\t';
  return !/\p{Cs}/u.test(text) && [...text].every(isAllowed);
}
