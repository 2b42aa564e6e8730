import { type Column, IMPRESSION_COLUMNS } from '../core/source-spec.js';
import { openDelimited } from './delimited-table.js';
import type { OpenedFile, Table } from './table.js';

/**
 * A file of impressions as a table: a row is what a user was shown at one time, "N1-0 N2-1" in the column of the item, where
 * the number behind the last "-" says whether he clicked. Each shown item is a row, in the order of the list, and its index
 * counts those of the file, from 1.
 */
export function openImpressions(file: OpenedFile): Table {
  const { spec, reject, tally } = file;
  const table = openDelimited(file);
  const list = table.column((spec as { columns?: { item?: Column } }).columns?.item ?? 0);
  return {
    close: table.close,
    column(column, absent) {
      const own = (IMPRESSION_COLUMNS as readonly Column[]).indexOf(column);
      return own >= 0 ? own : IMPRESSION_COLUMNS.length + table.column(column, absent);
    },
    *rows() {
      let index = 0;
      for (const { line, offset, fields } of table.rows()) {
        const shown = (fields[list] ?? '').split(' ').filter((part) => part !== '');
        if (shown.length === 0) tally.emptyLines += 1;
        for (const [at, text] of shown.entries()) {
          index += 1;
          const item = text.slice(0, -2);
          const end = text.slice(-2);
          if (item === '' || (end !== '-0' && end !== '-1')) {
            reject({ line, offset }, 'an impression that does not end with -0 or -1', text);
            continue;
          }
          const row = [end.slice(1), String(at + 1), ...fields];
          row[IMPRESSION_COLUMNS.length + list] = item;
          yield { line, offset, index, text, fields: row };
        }
      }
    },
  };
}
