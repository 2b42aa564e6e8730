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

/** Reads the attributes of a row; a text is the reason why it has none. */
export function attributeReader(table: Columns, spec: Described): (row: TableRow) => Record<string, string> | string {
  const columns = Object.entries(spec.attributes).map(([name, column]: [string, Column]) => ({
    name,
    index: table.column(column, spec.absent),
  }));
  const flags = Object.entries(spec.flags ?? {}).map(([name, { from, names }]) => {
    if (columns.some((column) => column.name === name)) {
      throw new RectuneError('usage', `"${name}" is an attribute and a flag`, table.label, 'rename one in source.yaml');
    }
    table.column(from + names.length - 1); // the last flag is there, or an error
    return { name, from, names };
  });
  if (columns.length === 0 && flags.length === 0) return () => NONE;
  const missing = new Set(spec.missing);
  return (row) => {
    const attributes: Record<string, string> = {};
    for (const { name, index } of columns) {
      const value = row.fields[index] ?? '';
      attributes[name] = missing.has(value) ? '' : value;
    }
    for (const { name, from, names } of flags) {
      const values = row.fields.slice(from, from + names.length);
      if (values.some((value) => value !== '0' && value !== '1')) return `a flag of ${name} is neither 0 nor 1`;
      attributes[name] = names.filter((_, index) => values[index] === '1').join('|');
    }
    return attributes;
  };
}

const NONE: Record<string, string> = Object.freeze({}); // one object for all rows of a table that has no attributes
