import type { SeenRow } from '../../core/report-rows.js';
import { toJsonLines } from '../../platform/json-lines.js';

/** rows.jsonl: one row a line, in their order. */
export function rowLines(rows: readonly SeenRow[]): string {
  return [...toJsonLines(rows)].join('');
}
