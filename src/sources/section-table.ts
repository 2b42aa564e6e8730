import { SECTION_COLUMN } from '../core/source-spec.js';
import { openDelimited } from './delimited-table.js';
import type { OpenedFile, Table } from './table.js';

/**
 * A delimited file in sections as a table: a line that is an id and a colon ("12:") stands above the rows that belong to it, and is their column "section".
 * Such lines count as empty.
 */
export function openSections(file: OpenedFile): Table {
  const { reject, tally } = file;
  let section: string | undefined;
  const table = openDelimited(file, (text) => {
    const id = /^([^\s:]+):$/.exec(text)?.[1];
    if (id === undefined) return false;
    section = id;
    tally.emptyLines += 1;
    return true;
  });
  return {
    close: table.close,
    column: (column, absent) => (column === SECTION_COLUMN ? 0 : 1 + table.column(column, absent)),
    *rows() {
      for (const row of table.rows()) {
        if (section === undefined) reject(row, 'a row above the first section', row.text);
        else yield { ...row, fields: [section, ...row.fields] };
      }
    },
  };
}
