import { PROBES, type ProbeName } from '../../core/probe.js';
import type { RowGroup, SeenRow } from '../../core/report-rows.js';
import type { Slice } from '../../core/task-report.js';
import { offBy } from './off-by.js';

const WORST = 8; // rows of a task that a report prints
const WORST_OF_PART = 3;
const MOST_CHANGED = 3; // rows of a probe
const WORST_OF_RUN = 3;
const FURTHEST_APART = 3; // rows of an ID model

/** What a group is of, beside its task and split. */
type Of = Pick<RowGroup, 'part' | 'probe' | 'run' | 'seedsOf'>;

const WHOLE: Of = { part: null, probe: null, run: null, seedsOf: null };

/**
 * A group for every task and split, one for every part of the test rows that has figures of its own, one for what every probe asked of a task, one for every
 * other run that answered it, and one for every ID model that was fitted under several seeds.
 */
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
  const groups = [...whole.values()];
  const parts = slices.map(({ task, by, name }) => {
    const inPart = (row: SeenRow) => row.split === 'test' && row.task === task && row.parts[by] === name;
    return groupOf(worstFirst(rows.filter(inPart)), { ...WHOLE, part: { by, name } }, WORST_OF_PART);
  });
  const probes = groups.flatMap((group) =>
    PROBES.flatMap((probe) => {
      const asked = group.filter((row) => isProbed(row, probe));
      return asked.length === 0 ? [] : [groupOf(mostChangedFirst(asked, probe), { ...WHOLE, probe }, MOST_CHANGED)];
    }),
  );
  const runs = groups.flatMap((group) =>
    Object.keys(group[0]?.runs ?? {}).map((run) =>
      groupOf(worstOfRunFirst(group, run), { ...WHOLE, run }, WORST_OF_RUN),
    ),
  );
  const seeds = groups.flatMap((group) =>
    Object.keys(group[0]?.seeds ?? {}).map((seedsOf) =>
      groupOf(furthestApartFirst(group, seedsOf), { ...WHOLE, seedsOf }, FURTHEST_APART),
    ),
  );
  const all = groups.map((group) => groupOf(worstFirst(group), WHOLE, WORST));
  return [...all, ...parts, ...probes, ...runs, ...seeds];
}

/** rows  in the order in which they are shown */
function groupOf(rows: readonly SeenRow[], of: Of, most: number): RowGroup {
  const [first] = rows;
  if (!first) throw new Error('a group of rows has at least one');
  const { task, kind, split } = first;
  return {
    ...{ task, kind, split, ...of },
    rows: rows.length,
    users: new Set(rows.map(({ user }) => user)).size,
    worst: rows.slice(0, most).map((row) => shownRow(row, of)),
  };
}

/** What a group shows of a row: of another run what it and the report's own adapter said, of an ID model what it said under each seed. */
function shownRow({ row, user, item, came, said, loss, probed, runs, seeds }: SeenRow, { probe, run, seedsOf }: Of) {
  const facts = { row, user, item, came };
  if (run !== null) {
    const own = runs?.[run] as number;
    return { ...facts, said: { [run]: own, adapter: said.adapter as number }, loss: offBy({ came }, own) };
  }
  if (seedsOf !== null) {
    const told = seeds?.[seedsOf] as number[];
    return { ...facts, said: { adapter: said.adapter as number }, seeds: { [seedsOf]: told }, loss };
  }
  return { ...facts, said, loss, ...(probe === null ? {} : { probed: formsOfProbe(probed, probe) }) };
}

/** Rows of which the adapter of another run is furthest off, by falling loss; equal ones in the order of the rows. */
export function worstOfRunFirst(rows: readonly SeenRow[], run: string): SeenRow[] {
  return byFalling(rows, ({ came, runs }) => offBy({ came }, runs?.[run] as number));
}

/** Rows on which the seeds of an ID model are furthest apart, by falling distance of the highest and the lowest; equal ones in the order of the rows. */
export function furthestApartFirst(rows: readonly SeenRow[], model: string): SeenRow[] {
  return byFalling(rows, ({ seeds }) => Math.max(...(seeds?.[model] ?? [])) - Math.min(...(seeds?.[model] ?? [])));
}

function byFalling(rows: readonly SeenRow[], measure: (row: SeenRow) => number): SeenRow[] {
  const measured = new Map(rows.map((row) => [row, measure(row)]));
  return [...rows].sort((a, b) => (measured.get(b) as number) - (measured.get(a) as number));
}

/** By falling loss of the adapter; equal ones in the order of the rows. */
export function worstFirst(rows: readonly SeenRow[]): SeenRow[] {
  return byFalling(rows, ({ loss }) => loss);
}

/** Whether a probe asked a row in another form. */
export function isProbed({ probed }: SeenRow, probe: ProbeName): boolean {
  return Object.keys(formsOfProbe(probed, probe)).length > 0;
}

/** By how much what the adapter says of them changes in the form that changes it most; equal ones in the order of the rows. */
export function mostChangedFirst(rows: readonly SeenRow[], probe: ProbeName): SeenRow[] {
  return byFalling(rows, ({ said, probed }) =>
    Math.max(
      ...Object.values(formsOfProbe(probed, probe)).map(({ adapter }) => Math.abs(adapter - (said.adapter ?? 0))),
    ),
  );
}

function formsOfProbe(probed: SeenRow['probed'], probe: ProbeName): NonNullable<SeenRow['probed']> {
  return Object.fromEntries(Object.entries(probed ?? {}).filter(([form]) => form.startsWith(`${probe}: `)));
}
