import type { JsonSchema, JsonValueSchema } from './json-schema.js';

/**
 * One character of a JSON string, as it is spelled there. Not [^"\\]: libllama counts code points, and surrogates or overlong
 * bytes would pass for one.
 */
const CHARACTER = String.raw`[ !#-\[\]-\uD7FF\uE000-\U0010FFFF] | "\\" ["\\nt]`;

/**
 * A GBNF grammar (llama.cpp's grammars/README.md) whose texts are JSON that fits the schema, in one spelling: properties in the order of the
 * schema, one space after each colon and comma, no others. A model that is free to choose spaces can fill a text with them.
 *
 * Ours, because node-llama-cpp offers its own only as a class that asks for its running library (getGbnfGrammarForGbnfJsonSchema is
 * not among its exports), and leaves the model free to fill a text with spaces.
 */
export function jsonGrammar(schema: JsonSchema): string {
  const isObject = 'type' in schema && schema.type === 'object';
  const rules = isObject ? objectRules(schema.properties) : valueRules('root', schema as JsonValueSchema);
  return [...rules, `char ::= ${CHARACTER}`, ''].join('\n');
}

function objectRules(properties: Record<string, JsonValueSchema>): string[] {
  const entries = Object.entries(properties);
  const parts = entries.map(([key], i) => `${literal(`${i === 0 ? '{' : ', '}${JSON.stringify(key)}: `)} value${i}`);
  return [`root ::= ${parts.join(' ')} "}"`, ...entries.flatMap(([, schema], i) => valueRules(`value${i}`, schema))];
}

/** The rule of this name, and those that it needs. What is repeated has a name: libllama counts the rules inside of a group that is repeated, up to 2000. */
function valueRules(name: string, schema: JsonValueSchema): string[] {
  if ('enum' in schema) return [`${name} ::= ${oneOf(schema.enum.map((word) => JSON.stringify(word)))}`];
  switch (schema.type) {
    case 'string':
      return [`${name} ::= ${literal('"')} char${repeats(schema.minLength ?? 0, schema.maxLength)} ${literal('"')}`];
    case 'boolean':
      return [`${name} ::= ${oneOf(['true', 'false'])}`];
    case 'integer': {
      const { minimum, maximum } = schema;
      return [`${name} ::= ${oneOf(Array.from({ length: maximum - minimum + 1 }, (_, i) => String(minimum + i)))}`];
    }
    case 'array': {
      const { items, minItems = 0, maxItems = Infinity } = schema;
      if (maxItems === 0) return [`${name} ::= "[]"`];
      const some = `${name}-item ${name}-more${repeats(Math.max(0, minItems - 1), maxItems === Infinity ? undefined : maxItems - 1)}`;
      return [
        `${name} ::= "[" ${minItems === 0 ? `(${some})?` : some} "]"`,
        `${name}-more ::= ", " ${name}-item`,
        ...valueRules(`${name}-item`, items),
      ];
    }
  }
}

function oneOf(texts: readonly string[]): string {
  return texts.map(literal).join(' | ');
}

function repeats(least: number, most: number | undefined): string {
  return most === undefined ? `{${least},}` : `{${least},${most}}`;
}

function literal(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
