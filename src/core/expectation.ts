import type { z } from 'zod';

const KINDS: Record<string, string> = {
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of keys and values',
  record: 'a group of keys and values',
};

/**
 * What a schema wants in place of a value, in words that go behind "this is not" and behind "write": "a number above 0".
 * Undefined for an issue whose own message says it.
 */
export function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected];
    case 'too_small':
      return limit(issue.origin, Number(issue.minimum), issue.inclusive ? 'of at least' : 'above');
    case 'too_big':
      return limit(issue.origin, Number(issue.maximum), issue.inclusive ? 'of at most' : 'below');
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'a web address, such as https://example.org' : undefined;
    case 'invalid_union':
      return either(issue.errors);
    default:
      return undefined;
  }
}

function limit(origin: string, bound: number, relation: string): string | undefined {
  const plural = bound === 1 ? '' : 's';
  const unit = { number: '', int: '', string: ` character${plural}`, array: ` part${plural}` }[origin];
  const thing = { number: 'a number', int: 'a number', string: 'text', array: 'a list' }[origin];
  return thing && `${thing} ${relation} ${bound}${unit}`;
}

/** The wants of a union's kinds, joined; undefined when one of them has none to say, or says it of a part of the value. */
function either(kinds: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const wants = kinds.map(([first]) => (first && first.path.length === 0 ? expectation(first) : undefined));
  return wants.length > 0 && wants.every((want) => want !== undefined) ? wants.join(' or ') : undefined;
}
