/** A value of a report that is not what its predictions give. */
export interface DifferingValue {
  readonly figure: string; // "splits[test].models[adapter].metrics.auc.value"
  readonly said: unknown; // undefined: the report does not have it
  readonly derived: unknown; // undefined: nothing of that name comes out
}

/** What tells the elements of a report's lists apart, in the order in which a name is made of them. */
const TELLING = [
  'task',
  'kind',
  'split',
  'metric',
  'scoring',
  'by',
  'name',
  'part',
  'figure',
  'probe',
  'form',
  'first',
  'second',
  'model',
  'id',
  'row',
  'step',
];

/**
 * Every value in which two JSON trees differ, in their order, with a name that a reader finds again. Numbers must be the same bits: both
 * are read from text that was written without loss.
 *
 * counted  is told of every value that was compared
 */
export function differingValues(
  said: unknown,
  derived: unknown,
  counted: () => void = () => {},
  figure = '',
): DifferingValue[] {
  if (Array.isArray(said) && Array.isArray(derived)) {
    const length = Math.max(said.length, derived.length);
    return Array.from({ length }, (_, i) => {
      const name = `${figure}[${nameOf(derived[i] ?? said[i], i)}]`;
      return differingValues(said[i], derived[i], counted, name);
    }).flat();
  }
  if (isObject(said) && isObject(derived)) {
    const keys = [...new Set([...Object.keys(derived), ...Object.keys(said)])];
    return keys.flatMap((key) =>
      differingValues(said[key], derived[key], counted, figure === '' ? key : `${figure}.${key}`),
    );
  }
  counted();
  return said === derived ? [] : [{ figure, said, derived }];
}

function nameOf(element: unknown, place: number): string {
  if (!isObject(element)) return String(place);
  const told = TELLING.flatMap((key) => {
    const value = element[key];
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  });
  return told.length === 0 ? String(place) : told.join(' ');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
