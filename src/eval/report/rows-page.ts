import { IdModel } from '../../core/id-models.js';
import { titlesOf } from '../../core/model-titles.js';
import { ModelId, type Report } from '../../core/report.js';
import type { RowKind, SeenRow } from '../../core/report-rows.js';
import { SliceKind, TaskModelId } from '../../core/task-report.js';
import { counted, figure, thousands } from '../numbers.js';
import type { Evaluated } from '../report.js';
import { worstFirst } from '../rows/row-groups.js';
import type { ToldTitle } from '../trust/completion.js';
import { html, type Markup } from './markup.js';
import { page } from './page.js';
import { rowsAnchor } from './row-anchor.js';
import { CAME, cameCells } from './sections/row-words.js';
import { SLICE_TITLES } from './sections/slices.js';
import { STYLE } from './style.js';

/** Cells of a table that a phone still scrolls through; of more the rows of which the adapter is furthest off are shown. */
const MOST_CELLS = 300_000;

const PAGE_STYLE = `
main { max-width: none; }
.all { overflow: auto; max-height: 92vh; border: 1px solid var(--line); border-radius: 8px; }
.all table { width: auto; font-size: .82rem; line-height: 1.3; border-collapse: separate; border-spacing: 0; }
.all td { white-space: nowrap; padding: .25rem .6rem; }
.all thead th { position: sticky; top: 0; z-index: 1; background: var(--surface); min-width: 6rem; max-width: 9rem; overflow-wrap: anywhere; }
.all thead th:first-child { left: 0; z-index: 2; }
.all tbody th { position: sticky; left: 0; background: var(--background); padding: .25rem .6rem; }
.all th:first-child { min-width: 0; overflow-wrap: normal; white-space: nowrap; }
`;

const UNITS: Readonly<Record<RowKind, string>> = {
  judgement:
    'Log-odds of liked, of ID models and popularity a score on a scale of their own; off by -ln P(what came true).',
  choice: 'Rank of the target, a half where it ties; off by its rank.',
  rating: 'Expected rating; off by the distance from the given one.',
  text: "Nats a token of the row's own answer.",
};

/** Every row of a report as one HTML file beside it, in compact columns: no script, nothing loaded. The same rows give the same bytes. */
export function renderRowsPage({ report, rows, titles }: Evaluated): string {
  const wholes = report.rows.groups.filter(
    ({ part, probe, run, seedsOf }) => part === null && probe === null && run === null && seedsOf === null,
  );
  const main = html`<h1>Rows behind the report of ${report.run.id}</h1>
<p class="soft">What came true and what each model said, those first of which the adapter is furthest off. To the last digit they stand in <a href="rows.jsonl">rows.jsonl</a>; back to <a href="report.html">the report</a>.</p>
${wholes.map(({ task, kind, split }) => {
  const own = rows.filter((row) => row.task === task && row.kind === kind && row.split === split);
  return html`<section id="${rowsAnchor(report, { task, kind, split }) ?? ''}">
<h2>${task} on ${split}</h2>
${allRows(report, kind, worstFirst(own))}</section>
`;
})}${titles.length === 0 ? '' : allTitles(titles)}`;
  return page(`Rows of ${report.run.id}`, STYLE + PAGE_STYLE, main);
}

function allTitles(titles: readonly ToldTitle[]): Markup {
  const head = ['item', 'beginning', 'true ending', 'likeliest ending', 'nats a token ahead'];
  return html`<section id="titles">
<h2>Titles that the base model was to complete</h2>
<p class="soft">${counted(titles.length, 'title')}, those first that it completes most surely; below 0 an ending of another title is likelier than its own.</p>
${longTable(
  'titles',
  head,
  titles.map(({ itemId, given, ending, likeliest, lead }) => [itemId, given, ending, likeliest, figure(lead)]),
)}</section>
`;
}

/** The first cell of a line names it. */
function longTable(label: string, head: readonly string[], lines: readonly (readonly string[])[]): Markup {
  return html`<div class="all" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${lines.map(([name = '', ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((text) => html`<td>${text}</td>`)}</tr>\n`)}</tbody>
</table></div>
`;
}

/** "17" of "86dd3d4686eb/test/17" */
function placeOf({ row }: SeenRow): string {
  return row.split('/').at(-1) ?? '';
}

interface Column {
  readonly title: string;
  of(row: SeenRow): string;
}

function allRows(report: Report, kind: RowKind, rows: readonly SeenRow[]): Markup {
  const columns = columnsOf(report, kind, rows);
  const shown = rows.slice(0, Math.max(1, Math.floor(MOST_CELLS / (columns.length + 1))));
  const left = rows.length - shown.length;
  const note = left === 0 ? '' : ` ${thousands(left)} more stand in rows.jsonl alone.`;
  const [first] = shown;
  return html`<p class="soft">${counted(shown.length, 'row')}; row ${first ? placeOf(first) : ''} is ${first?.row ?? ''} to rectune show. ${UNITS[kind]}${note}</p>
${longTable(
  'rows',
  ['row', ...columns.map(({ title }) => title)],
  shown.map((row) => [placeOf(row), ...columns.map(({ of }) => of(row))]),
)}`;
}

function columnsOf(report: Report, kind: RowKind, rows: readonly SeenRow[]): Column[] {
  const titles = titlesOf(report);
  const titleOf = (model: string) => {
    const known = ModelId.or(TaskModelId).safeParse(model).data;
    return known === undefined ? model : titles(known);
  };
  const number = (title: string, of: (row: SeenRow) => number | null | undefined): Column => ({
    title,
    of: (row) => {
      const value = of(row);
      if (value === undefined || value === null) return '';
      return Number.isInteger(value) ? thousands(value) : figure(value); // counts and ranks
    },
  });
  const keysOf = (part: (row: SeenRow) => object | undefined) => [
    ...new Set(rows.flatMap((row) => Object.keys(part(row) ?? {}))),
  ];
  const [first] = rows;
  const runs = report.seeds[0]?.runs ?? [];
  const came = CAME[kind];
  return [
    { title: 'user', of: ({ user }) => user },
    { title: 'item', of: ({ item }) => item },
    ...(came === null ? [] : [{ title: came, of: (row: SeenRow) => cameCells(kind, row.came).join() }]),
    number('off by', ({ loss }) => loss),
    ...Object.keys(first?.said ?? {}).map((model) => number(titleOf(model), ({ said }) => said[model])),
    ...keysOf((row) => row.runs).map((run) => {
      const found = runs.find((one) => one.run === run);
      const which = found ? `, seed ${found.seed}, ${counted(found.rows, 'train row')}` : '';
      return number(`${run}${which}`, (row) => row.runs?.[run]);
    }),
    ...keysOf((row) => row.seeds).flatMap((model) => {
      const fit = report.idModels.fits.find((one) => one.model === IdModel.safeParse(model).data);
      return (first?.seeds?.[model] ?? [])
        .map((_, seed) =>
          number(`${titleOf(model)}, seed ${fit?.seeds[seed]?.seed ?? seed + 1}`, (row) => row.seeds?.[model]?.[seed]),
        )
        .slice(1); // the first is that of the tables
    }),
    ...keysOf((row) => row.probed).flatMap((form) => [
      number(`${form}, adapter`, ({ probed }) => probed?.[form]?.adapter),
      number(`${form}, base model`, ({ probed }) => probed?.[form]?.base),
    ]),
    ...SliceKind.options
      .filter((by) => rows.some(({ parts }) => parts[by] !== undefined))
      .map((by): Column => ({ title: SLICE_TITLES[by], of: ({ parts }) => parts[by] ?? '' })),
  ];
}
