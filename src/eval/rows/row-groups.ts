import { PROBES, type ProbeName } from '../../core/probe.js';
import type { RowGroup, SeenRow } from '../../core/report-rows.js';
import type { Slice } from '../../core/task-report.js';

const WORST = 8; // rows of a task that a report prints
const WORST_OF_PART = 3;
const MOST_CHANGED = 3; // rows of a probe

/** A group for every task and split, one for every part of the test rows that has figures of its own, and one for what every probe asked of a task. */
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
    return groupOf(worstFirst(rows.filter(inPart)), { part: { by, name }, probe: null }, WORST_OF_PART);
  });
  const probes = [...whole.values()].flatMap((group) =>
    PROBES.flatMap((probe) => {
      const asked = group.filter((row) => isProbed(row, probe));
      return asked.length === 0 ? [] : [groupOf(mostChangedFirst(asked, probe), { part: null, probe }, MOST_CHANGED)];
    }),
  );
  const all = [...whole.values()].map((group) => groupOf(worstFirst(group), { part: null, probe: null }, WORST));
  return [...all, ...parts, ...probes];
}

/** rows  in the order in which they are shown */
function groupOf(rows: readonly SeenRow[], { part, probe }: Pick<RowGroup, 'part' | 'probe'>, most: number): RowGroup {
  const [first] = rows;
  if (!first) throw new Error('a group of rows has at least one');
  const { task, kind, split } = first;
  return {
    task,
    kind,
    split,
    part,
    probe,
    rows: rows.length,
    users: new Set(rows.map(({ user }) => user)).size,
    worst: rows.slice(0, most).map(({ row, user, item, came, said, loss, probed }) => ({
      ...{ row, user, item, came, said, loss },
      ...(probe === null ? {} : { probed: formsOfProbe(probed, probe) }),
    })),
  };
}

/** By falling loss of the adapter; equal ones in the order of the rows. */
export function worstFirst(rows: readonly SeenRow[]): SeenRow[] {
  return [...rows].sort((a, b) => b.loss - a.loss);
}

/** Whether a probe asked a row in another form. */
export function isProbed({ probed }: SeenRow, probe: ProbeName): boolean {
  return Object.keys(formsOfProbe(probed, probe)).length > 0;
}

/** By how much what the adapter says of them changes in the form that changes it most; equal ones in the order of the rows. */
export function mostChangedFirst(rows: readonly SeenRow[], probe: ProbeName): SeenRow[] {
  const change = ({ said, probed }: SeenRow) =>
    Math.max(
      ...Object.values(formsOfProbe(probed, probe)).map(({ adapter }) => Math.abs(adapter - (said.adapter ?? 0))),
    );
  const changes = new Map(rows.map((row) => [row, change(row)]));
  return [...rows].sort((a, b) => (changes.get(b) as number) - (changes.get(a) as number));
}

function formsOfProbe(probed: SeenRow['probed'], probe: ProbeName): NonNullable<SeenRow['probed']> {
  return Object.fromEntries(Object.entries(probed ?? {}).filter(([form]) => form.startsWith(`${probe}: `)));
}
