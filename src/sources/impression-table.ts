import { type Column, IMPRESSION_COLUMNS } from '../core/source-spec.js';
import { openDelimited } from './delimited-table.js';
import type { OpenedFile, Table } from './table.js';

/**
 * A file of impressions as a table: a row is what a user was shown at one time, "N1-0 N2-1" in the column of the item, where
 * the number behind the last "-" says whether he clicked. Each shown item is a row, in the order of the list, and its index
 * counts those of the file, from 1.
 *
 * With a column of the history ("N7 N8", clicked before) its items are rows before those of the list, at the first impression of a user; that of a further
 * impression tells the same clicks again, and counts as merged. They are counted by the index, too.
 */
export function openImpressions(file: OpenedFile): Table {
  const { reject, tally } = file;
  const spec = file.spec as { columns?: { user?: Column; item?: Column }; history?: Column };
  const table = openDelimited(file);
  const [user, list] = [table.column(spec.columns?.user ?? 0), table.column(spec.columns?.item ?? 0)];
  const before = spec.history === undefined ? undefined : table.column(spec.history);
  const known = new Set<string>(); // users whose history was taken
  return {
    close: table.close,
    column(column, absent) {
      const own = (IMPRESSION_COLUMNS as readonly Column[]).indexOf(column);
      return own >= 0 ? own : IMPRESSION_COLUMNS.length + table.column(column, absent);
    },
    *rows() {
      let index = 0;
      const place = (own: readonly string[], fields: readonly string[], item: string): string[] => {
        const row = [...own, ...fields];
        row[IMPRESSION_COLUMNS.length + list] = item;
        return row;
      };
      for (const { line, offset, fields } of table.rows()) {
        const history = before === undefined ? [] : partsOf(fields[before]);
        const shown = partsOf(fields[list]);
        if (shown.length === 0 && history.length === 0) tally.emptyLines += 1;
        const userId = fields[user] ?? '';
        const isKnown = known.has(userId);
        if (history.length > 0) known.add(userId);
        for (const item of history) {
          index += 1;
          if (isKnown) tally.merged += 1;
          else yield { line, offset, index, text: item, fields: place(['1', '', '1'], fields, item) };
        }
        for (const [at, text] of shown.entries()) {
          index += 1;
          const item = text.slice(0, -2);
          const end = text.slice(-2);
          if (item === '' || (end !== '-0' && end !== '-1')) {
            reject({ line, offset }, 'an impression that does not end with -0 or -1', text);
            continue;
          }
          yield { line, offset, index, text, fields: place([end.slice(1), String(at + 1), ''], fields, item) };
        }
      }
    },
  };
}

function partsOf(list: string | undefined): string[] {
  return (list ?? '').split(' ').filter((part) => part !== '');
}
