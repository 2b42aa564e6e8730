import type { OpenedFile, Table } from './table.js';

/**
 * A file of sequences as a table: each line is a user and then the items that he met, in the order of time. Column 0 is the
 * user, column 1 each item in turn. A row is one item, and its index counts the items of the file, from 1: a line has many.
 */
export function openSequences({ spec, lines, tally, reject }: OpenedFile): Table {
  return {
    column: (column) => Number(column), // 0 or 1, by the schema
    close: () => void lines.return(),
    *rows() {
      let index = 0;
      for (const { number: line, offset, text, problem } of lines) {
        if (problem !== undefined) reject({ line, offset }, problem, text);
        else if (text === '') tally.emptyLines += 1;
        else {
          const [user = '', ...items] = text.split(spec.delimiter);
          if (items.length === 0) reject({ line, offset }, 'a user without items', text);
          for (const item of items) {
            index += 1;
            yield { line, offset, index, text: `${user}${spec.delimiter}${item}`, fields: [user, item] };
          }
        }
      }
    },
  };
}
