import type { ProbeName } from '../core/probe.js';
import type { SeenRow } from '../core/report-rows.js';
import { figure } from '../eval/numbers.js';
import { renderTable } from './render-table.js';

/** A table a task: what came true, and what each model said in the unit that the metric reads; of a probe what the adapter said in each of its forms, too. */
export function renderSeenRows(rows: readonly SeenRow[], probe?: ProbeName): string[] {
  if (rows.length === 0) return ['none'];
  const tasks = [...new Set(rows.map(({ task, kind }) => `${task} ${kind}`))];
  return tasks.flatMap((task, place) => {
    const here = rows.filter((row) => `${row.task} ${row.kind}` === task);
    const models = Object.keys(here[0]?.said ?? {});
    const forms = probe === undefined ? [] : formsOf(here, probe);
    const head = ['row', 'user', 'item', 'came true', ...models, ...forms, 'off by'];
    const lines = here.map(({ row, user, item, came, said, probed, loss }) => [
      row,
      user,
      item,
      came === null ? '-' : typeof came === 'boolean' ? (came ? 'liked' : 'not liked') : String(came),
      ...models.map((model) => figure(said[model] ?? null)),
      ...forms.map((form) => (probed?.[form] ? figure(probed[form].adapter) : '-')),
      figure(loss),
    ]);
    const [{ kind }] = here as [SeenRow, ...SeenRow[]];
    return [...(place === 0 ? [] : ['']), `${here[0]?.task}: ${UNITS[kind]}`, renderTable(head, lines)];
  });
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
