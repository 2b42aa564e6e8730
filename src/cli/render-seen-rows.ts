import type { ProbeName } from '../core/probe.js';
import type { SeenRow } from '../core/report-rows.js';
import { figure } from '../eval/numbers.js';
import { offBy } from '../eval/rows/off-by.js';
import { renderTable } from './render-table.js';

/** What is told of rows beside what the models of the report said. */
interface Asked {
  readonly probe?: ProbeName | undefined;
  readonly by?: string | undefined; // another run
  readonly seeds?: string | undefined; // an ID model
}

/**
 * A table a task: what came true, and what each model said in the unit that the metric reads; of a probe what the adapter said in each of its forms, of another
 * run what its adapter said, and of an ID model what it said under each seed, too.
 */
export function renderSeenRows(rows: readonly SeenRow[], asked: Asked = {}): string[] {
  if (rows.length === 0) return ['none'];
  const tasks = [...new Set(rows.map(({ task, kind }) => `${task} ${kind}`))];
  return tasks.flatMap((task, place) => {
    const here = rows.filter((row) => `${row.task} ${row.kind}` === task);
    const [first] = here as [SeenRow, ...SeenRow[]];
    const columns = columnsOf(here, asked);
    const head = ['row', 'user', 'item', 'came true', ...columns.map(({ title }) => title)];
    const lines = here.map((row) => [
      ...[row.row, row.user, row.item],
      row.came === null ? '-' : typeof row.came === 'boolean' ? (row.came ? 'liked' : 'not liked') : String(row.came),
      ...columns.map(({ of }) => of(row)).map((value) => (value === undefined ? '-' : figure(value))),
    ]);
    return [...(place === 0 ? [] : ['']), `${first.task}: ${UNITS[first.kind]}`, renderTable(head, lines)];
  });
}

interface Column {
  readonly title: string;
  of(row: SeenRow): number | undefined;
}

/** Of another run or of seeds the adapter and the base model stand beside what is asked; else every model of the report. */
function columnsOf(rows: readonly SeenRow[], { probe, by, seeds }: Asked): Column[] {
  const models = Object.keys(rows[0]?.said ?? {}).map((title): Column => ({ title, of: ({ said }) => said[title] }));
  const own = models.filter(({ title }) => title === 'adapter' || title === 'base');
  const loss: Column = { title: 'off by', of: (row) => row.loss };
  if (by !== undefined) {
    const said = ({ runs }: SeenRow) => runs?.[by] as number;
    return [...own, { title: by, of: said }, { title: 'off by', of: (row) => offBy(row, said(row)) }];
  }
  if (seeds !== undefined) {
    const fitted = (rows[0]?.seeds?.[seeds] ?? []).map(
      (_, seed): Column => ({ title: `${seeds}, seed ${seed + 1}`, of: (row) => row.seeds?.[seeds]?.[seed] }),
    );
    return [...own, ...fitted, loss];
  }
  const forms = probe === undefined ? [] : formsOf(rows, probe);
  const told = forms.map((title): Column => ({ title, of: ({ probed }) => probed?.[title]?.adapter }));
  return [...models, ...told, loss];
}

/** In which the probe asked some of the rows. */
function formsOf(rows: readonly SeenRow[], probe: ProbeName): string[] {
  const forms = new Set(rows.flatMap(({ probed }) => Object.keys(probed ?? {})));
  return [...forms].filter((form) => form.startsWith(`${probe}: `));
}

const UNITS: Readonly<Record<SeenRow['kind'], string>> = {
  judgement: 'log-odds of liked; off by nats',
  choice: 'rank of the target; off by its rank',
  rating: 'expected rating; off by the distance from the given one',
  text: "nats a token of the row's own answer",
};
