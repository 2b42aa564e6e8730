import type { Table, TableRow, Tally } from './table.js';

/** A file of a log while it is read: its rows, what is counted, and where bad ones go. */
export interface OpenFile {
  readonly file: string; // as source.yaml names it
  readonly table: Table;
  readonly tally: Tally;
  readonly reject: (row: TableRow, reason: string) => void;
}

export const NOT_IN_ITEMS = 'item is not in the item file';

/** Tells how many rows of a file could not be used because the item file lacks their item; nothing when there are none. */
export function lackWarning(lacking: number, { file, tally }: OpenFile, items: string): string[] {
  if (lacking === 0) return [];
  const all = tally.rows + tally.rejects;
  const share = ((100 * lacking) / all).toFixed(1);
  return [`${lacking} of ${all} rows of ${file} (${share} %) name an item that ${items} does not have`];
}
