import { RectuneError } from '../core/errors.js';
import type { Column, ItemsSpec } from '../core/source-spec.js';
import type { TableRow } from './table.js';

/** Finds the columns of a table. */
interface Columns {
  readonly label: string;
  column(column: Column, absent?: 'error' | 'empty'): number;
}

/** What source.yaml says of a table's attributes. */
type Described = Pick<ItemsSpec, 'absent' | 'attributes' | 'missing'> & Partial<Pick<ItemsSpec, 'flags'>>;

/** Attributes that are columns of their own. */
export interface AttributeColumns {
  readonly places: readonly number[]; // fields of a row; one that no row has is empty
  /** Attributes by name; values: at the places, in their order. */
  named(values: readonly string[]): Record<string, string>;
}

export function attributeColumns(table: Columns, spec: Omit<Described, 'flags'>): AttributeColumns {
  const columns = Object.entries(spec.attributes).map(([name, column]: [string, Column]) => ({
    name,
    index: table.column(column, spec.absent),
  }));
  const names = columns.map(({ name }) => name);
  const missing = new Set(spec.missing);
  return {
    places: columns.map(({ index }) => index),
    named(values) {
      if (names.length === 0) return NONE;
      const attributes: Record<string, string> = {};
      for (let i = 0; i < names.length; i++) {
        const value = values[i] as string;
        attributes[names[i] as string] = missing.has(value) ? '' : value;
      }
      return attributes;
    },
  };
}

/** Reads the attributes of a row; a text is the reason why it has none. */
export function attributeReader(table: Columns, spec: Described): (row: TableRow) => Record<string, string> | string {
  const { places, named } = attributeColumns(table, spec);
  const flags = Object.entries(spec.flags ?? {}).map(([name, { from, names }]) => {
    if (Object.hasOwn(spec.attributes, name)) {
      throw new RectuneError('usage', `"${name}" is an attribute and a flag`, table.label, 'rename one in source.yaml');
    }
    table.column(from + names.length - 1); // the last flag is there, or an error
    return { name, from, names };
  });
  return (row) => {
    const attributes = named(places.map((place) => row.fields[place] ?? ''));
    if (flags.length === 0) return attributes;
    const flagged = { ...attributes };
    for (const { name, from, names } of flags) {
      const values = row.fields.slice(from, from + names.length);
      if (values.some((value) => value !== '0' && value !== '1')) return `a flag of ${name} is neither 0 nor 1`;
      flagged[name] = names.filter((_, index) => values[index] === '1').join('|');
    }
    return flagged;
  };
}

const NONE: Record<string, string> = Object.freeze({}); // one object for all rows of a table that has no attributes
