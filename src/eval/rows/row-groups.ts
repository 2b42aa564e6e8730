import type { RowGroup, SeenRow } from '../../core/report-rows.js';
import type { Slice } from '../../core/task-report.js';

const WORST = 8; // rows of a task that a report prints
const WORST_OF_PART = 3;

/** A group for every task and split, and one for every part of the test rows that has figures of its own. */
export function rowGroups(
  rows: readonly SeenRow[],
  slices: readonly Pick<Slice, 'task' | 'by' | 'name'>[],
): RowGroup[] {
  const whole = new Map<string, SeenRow[]>();
  for (const row of rows) {
    const key = `${row.task} ${row.kind} ${row.split}`;
    const group = whole.get(key);
    if (group) group.push(row);
    else whole.set(key, [row]);
  }
  const parts = slices.map(({ task, by, name }) => {
    const inPart = (row: SeenRow) => row.split === 'test' && row.task === task && row.parts[by] === name;
    return groupOf(rows.filter(inPart), { by, name }, WORST_OF_PART);
  });
  return [...[...whole.values()].map((group) => groupOf(group, null, WORST)), ...parts];
}

function groupOf(rows: readonly SeenRow[], part: RowGroup['part'], most: number): RowGroup {
  const [first] = rows;
  if (!first) throw new Error('a group of rows has at least one');
  const { task, kind, split } = first;
  return {
    task,
    kind,
    split,
    part,
    rows: rows.length,
    users: new Set(rows.map(({ user }) => user)).size,
    worst: worstFirst(rows)
      .slice(0, most)
      .map(({ row, user, item, came, said, loss }) => ({ row, user, item, came, said, loss })),
  };
}

/** By falling loss of the adapter; equal ones in the order of the rows. */
export function worstFirst(rows: readonly SeenRow[]): SeenRow[] {
  return [...rows].sort((a, b) => b.loss - a.loss);
}
