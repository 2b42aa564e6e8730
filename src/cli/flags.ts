import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

/** What z.toJSONSchema says of one option. */
interface Property {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  value?: string; // name of the value in help, from .meta({ value })
  repeats?: boolean; // may be given again: each is one entry of the list, from .meta({ repeats })
  first?: string; // what goes before the default, from .meta({ first })
  otherwise?: unknown; // the default where JSON schema does not tell it, from .meta({ otherwise })
}

/** commander's options for the keys of a schema: `batchSize` becomes `--batch-size <n>`, a boolean that is true by default `--no-...`. */
export function flagsOf(schema: z.ZodObject): Option[] {
  const { properties, required } = inspect(schema);
  return Object.entries(properties).map(([name, property]) => flagOf(name, property, required.includes(name)));
}

/** Positional arguments in order: name, whether it must be there, description. */
export function argumentsOf(
  schema: z.ZodObject,
): { name: string; required: boolean; many: boolean; description: string }[] {
  const { properties, required } = inspect(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    many: property.type === 'array', // the last one may take all that follow
    description: property.description ?? '',
  }));
}

/** An option as a user writes it to change its default: `--no-shuffle`, `--micro-batch-size`. */
export function writtenFlag(schema: z.ZodObject, key: string): string {
  const isOn = inspect(schema).properties[key]?.default === true;
  return isOn ? `--no-${flagName(key).slice(2)}` : flagName(key);
}

/** `microBatchSize` as it stands on the command line: `--micro-batch-size`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function inspect(schema: z.ZodObject): { properties: Record<string, Property>; required: readonly string[] } {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { properties: (json.properties ?? {}) as Record<string, Property>, required: json.required ?? [] };
}

function flagOf(name: string, property: Property, required: boolean): Option {
  const flag = flagName(name);
  const description = property.description ?? '';
  if (property.type === 'boolean') {
    return property.default === true
      ? new Option(`--no-${flag.slice(2)}`, `without: ${description}`)
      : new Option(flag, description);
  }
  const otherwise = [property.first, property.default ?? property.otherwise]
    .filter((value) => value !== undefined)
    .map(String);
  const more = otherwise.length > 0 ? ` (default: ${otherwise.join(', else ')})` : required ? ' (required)' : '';
  const shown = `${description}${more}`;
  const option = new Option(`${flag} <${property.value ?? valueName(property)}>`, shown);
  if (property.enum) option.choices(property.enum);
  else if (property.repeats)
    option.argParser((value: string, before?: string[]) => [...(before ?? []), String(readValue(value, false))]);
  else option.argParser((value: string) => readValue(value, property.type === 'array'));
  return option; // a missing one is noticed by the schema: commander would complain of it before a mistyped flag
}

function valueName(property: Property): string {
  if (property.enum) return 'name'; // commander lists the choices
  const names: Record<string, string> = { integer: 'n', number: 'x', array: 'a,b' };
  return names[property.type ?? ''] ?? 'text';
}

/** An empty value is never meant, and would count as 0 where a number is read. */
function readValue(value: string, isList: boolean): string | string[] {
  const parts = isList ? value.split(',').map((part) => part.trim()) : [value];
  if (parts.some((part) => part === '')) throw new InvalidArgumentError('It is empty.');
  return isList ? parts : value;
}
