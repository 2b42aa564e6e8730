import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonGrammar } from '../../src/core/json-grammar.js';
import { fits, JsonSchema, readAnswer } from '../../src/core/json-schema.js';
import { matchesGbnf } from './gbnf-matcher.js';
import { inventedSchemas, spelled } from './invented-schemas.js';

const schemaWithValue = inventedSchemas.chain(({ schema, values }) => values.map((value) => ({ schema, value })));

it('lets every value through that the schema allows, and each fits', () => {
  fc.assert(
    fc.property(schemaWithValue, ({ schema, value }) => {
      expect(JsonSchema.parse(schema)).toEqual(schema);
      expect(fits(schema, value)).toBe(true);
      expect(matchesGbnf(jsonGrammar(schema))(spelled(value))).toBe(true);
      expect(readAnswer(schema, spelled(value))).toEqual(value);
    }),
  );
});

it('lets nothing else through: a text that is changed a little is stopped, or it is JSON that fits', () => {
  const change = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.string({ maxLength: 3 }) });
  let passed = 0;
  let stopped = 0;
  fc.assert(
    fc.property(schemaWithValue, change, ({ schema, value }, { at, remove, insert }) => {
      const characters = [...spelled(value)];
      characters.splice(at % (characters.length + 1), remove, insert);
      const text = characters.join('');
      const isThrough = matchesGbnf(jsonGrammar(schema))(text);
      if (isThrough) expect(readAnswer(schema, text)).toBeDefined();
      if (isThrough) passed += 1;
      else stopped += 1;
    }),
    { numRuns: 500 },
  );
  expect(passed).toBeGreaterThan(20);
  expect(stopped).toBeGreaterThan(20);
});

it('lets no text through that breaks a bound, a range or an order', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      taste: { type: 'string', minLength: 2, maxLength: 4 },
      stars: { type: 'integer', minimum: 1, maximum: 10 },
      genres: { type: 'array', items: { enum: ['Drama', 'War'] }, minItems: 1, maxItems: 2 },
    },
  };
  const isThrough = matchesGbnf(jsonGrammar(schema));
  expect(isThrough('{"taste": "dark", "stars": 10, "genres": ["War"]}')).toBe(true);
  for (const text of [
    '{"taste": "d", "stars": 10, "genres": ["War"]}',
    '{"taste": "darks", "stars": 10, "genres": ["War"]}',
    '{"taste": "dark", "stars": 11, "genres": ["War"]}',
    '{"taste": "dark", "stars": 0, "genres": ["War"]}',
    '{"taste": "dark", "stars": 1, "genres": []}',
    '{"taste": "dark", "stars": 1, "genres": ["War", "War", "War"]}',
    '{"stars": 1, "taste": "dark", "genres": ["War"]}',
    '{"taste": "dark", "stars": 1, "genres": ["War"]',
    '{"taste": "da\u0001k", "stars": 1, "genres": ["War"]}',
  ]) {
    expect(isThrough(text), text).toBe(false);
  }
});

it.each([
  { case: 'no properties', schema: { type: 'object', properties: {} } },
  {
    case: 'a property that may be left out',
    schema: { type: 'object', properties: { a: { type: 'boolean' } }, required: [] },
  },
  { case: 'an unknown keyword', schema: { type: 'string', pattern: 'a+' } },
  { case: 'bounds the wrong way round', schema: { type: 'string', minLength: 3, maxLength: 2 } },
  { case: 'more repetitions than libllama takes', schema: { type: 'string', maxLength: 2001 } },
  { case: 'more integers than are spelled out', schema: { type: 'integer', minimum: 0, maximum: 1000 } },
  { case: 'an integer without bounds', schema: { type: 'integer' } },
  { case: 'an object in an object', schema: { type: 'object', properties: { a: { type: 'object', properties: {} } } } },
  { case: 'a word twice', schema: { enum: ['a', 'a'] } },
])('refuses a schema with $case', ({ schema }) => {
  expect(JsonSchema.safeParse(schema).success).toBe(false);
});

it('reads no answer from a text that was cut short', () => {
  const schema: JsonSchema = { type: 'object', properties: { a: { type: 'string' } } };
  expect(readAnswer(schema, '{"a": "x"}')).toEqual({ a: 'x' });
  expect(readAnswer(schema, '{"a": "x')).toBeUndefined();
  expect(readAnswer(schema, '{"b": "x"}')).toBeUndefined();
  expect(readAnswer(schema, '{"a": "\\ud800"}')).toBeUndefined();
});
