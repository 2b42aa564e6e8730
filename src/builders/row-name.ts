import type { Split } from '../core/instruction.js';

/** A row as errors name it: "test row 3". */
export function rowName(row: { readonly split: Split; readonly row: number }): string {
  return `${row.split} row ${row.row}`;
}
