import { createHash } from 'node:crypto';
import type { Split } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import type { RowChoice } from './row-choice.js';

/** Rows that stay, and what was counted when they have all gone by. */
export interface KeptRows {
  readonly rows: Generator<MadeRow, void>; // those of a split numbered from 0; each holds until the next one is asked for
  readonly rendered: Readonly<Record<Split, number>>; // before twins were dropped
  readonly byTemplate: ReadonlyMap<string, Record<Split, number>>;
  readonly balanced: number; // rows of train that gave way to balance
  readonly twins: number; // rows that gave way to a twin
  readonly lists: number; // rows with candidates, twins among them
  /** Over the candidate lists, each with the line of its target, in the order of the rows. Asked for once. */
  listsHash(): string;
}

export function keptRows(rows: Iterable<MadeRow>, choice: RowChoice): KeptRows {
  const rendered = { train: 0, valid: 0, test: 0 };
  const next = { train: 0, valid: 0, test: 0 };
  const byTemplate = new Map<string, Record<Split, number>>();
  const hash = createHash('sha256');
  const kept = {
    rows: stay(),
    rendered,
    byTemplate,
    balanced: 0,
    twins: 0,
    lists: 0,
    listsHash: () => hash.digest('hex'),
  };
  return kept;

  function* stay(): Generator<MadeRow, void> {
    for (const row of rows) {
      const { split } = row;
      const fate = choice.fate(row);
      if (fate === 'balanced away') {
        kept.balanced += 1;
        continue;
      }
      rendered[split] += 1;
      if (row.candidates) {
        hash.update(`${kept.lists === 0 ? '' : '\n'}${row.target}: ${row.candidates.join(' ')}`);
        kept.lists += 1;
      }
      if (fate === 'twin') {
        kept.twins += 1;
        continue;
      }
      const count = byTemplate.get(row.templateId) ?? { train: 0, valid: 0, test: 0 };
      byTemplate.set(row.templateId, count);
      count[split] += 1;
      row.row = next[split]++;
      yield row;
    }
  }
}
