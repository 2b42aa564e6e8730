import fc from 'fast-check';
import type { JsonSchema, JsonValueSchema } from '../../src/core/json-schema.js';

/** A schema, and values that fit it. */
interface Invented<Schema> {
  schema: Schema;
  values: fc.Arbitrary<unknown>;
}

const character = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom('"', '\\', '\n', '\t', ' ', '\u{1F600}', ']', '[', '-', '\uE000', '\u007F'),
  )
  .map((text) => [...text][0] as string)
  .filter((one) => one >= ' ' || one === '\n' || one === '\t');

const bounds = fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })).map(([least, more]) => ({ least, most: least + more }));

const texts: fc.Arbitrary<Invented<JsonValueSchema>> = bounds.map(({ least, most }) => ({
  schema: { type: 'string', minLength: least, maxLength: most },
  values: fc.array(character, { minLength: least, maxLength: most }).map((parts) => parts.join('')),
}));

const choices: fc.Arbitrary<Invented<JsonValueSchema>> = fc
  .uniqueArray(
    fc.array(character, { maxLength: 4 }).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .map((words) => ({ schema: { enum: words }, values: fc.constantFrom(...words) }));

const values: fc.Arbitrary<Invented<JsonValueSchema>> = fc.oneof(
  texts,
  choices,
  fc.constant({ schema: { type: 'boolean' as const }, values: fc.boolean() }),
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat({ max: 20 })).map(([minimum, more]) => ({
    schema: { type: 'integer' as const, minimum, maximum: minimum + more },
    values: fc.integer({ min: minimum, max: minimum + more }),
  })),
  fc.tuple(bounds, fc.oneof(texts, choices)).map(([{ least, most }, item]) => ({
    schema: { type: 'array' as const, items: item.schema as never, minItems: least, maxItems: most },
    values: fc.array(item.values, { minLength: least, maxLength: most }),
  })),
);

const objects: fc.Arbitrary<Invented<JsonSchema>> = fc
  .uniqueArray(
    fc.tuple(
      fc.array(character, { minLength: 1, maxLength: 5 }).map((parts) => `k${parts.join('')}`),
      values,
    ),
    {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((properties) => ({
    schema: { type: 'object', properties: Object.fromEntries(properties.map(([key, { schema }]) => [key, schema])) },
    values: fc.record(Object.fromEntries(properties.map(([key, one]) => [key, one.values]))),
  }));

export const inventedSchemas: fc.Arbitrary<Invented<JsonSchema>> = fc.oneof({ weight: 3, arbitrary: objects }, values);

/** In the one spelling of core/json-grammar.ts. */
export function spelled(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${spelled(one)}`)
    .join(', ')}}`;
}
